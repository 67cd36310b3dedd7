/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.message.internal;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link QueryParameters}.
 */
class QueryParametersTests {

	@Test
	void parametersAreDecoded() {
		QueryParameters query = QueryParameters.parse("a=1&b=x+y%20z&c&=d&&%C3%BC=%F0%9F%98%80&a=2&e=f=g");
		assertThat(query.get("a")).isEqualTo("1");
		assertThat(query.get("b")).isEqualTo("x y z");
		assertThat(query.get("c")).isEmpty();
		assertThat(query.get("ü")).isEqualTo("😀");
		assertThat(query.get("e")).isEqualTo("f=g");
		assertThat(query.get("z")).isNull();
		assertThat(query.all().get("a")).containsExactly("1", "2");
		assertThat(query.isComplete()).isTrue();
		assertThat(QueryParameters.parse(null).all()).isEmpty();
		assertThat(QueryParameters.parse("").isComplete()).isTrue();
	}

	@Test
	void aMalformedParameterDoesNotAffectOthers() {
		QueryParameters query = QueryParameters.parse("a=1&b=%zz&c=%ff&%=d&e=%4&f=2");
		assertThat(query.get("a")).isEqualTo("1");
		assertThat(query.get("f")).isEqualTo("2");
		assertThat(query.all()).containsOnlyKeys("a", "f");
		assertThat(query.isComplete()).isFalse();
		assertThatIllegalArgumentException().isThrownBy(() -> query.get("b"))
			.withMessage("the parameter 'b' has a broken percent escape");
		assertThatIllegalArgumentException().isThrownBy(() -> query.get("c"))
			.withMessage("the parameter 'c' is not UTF-8");
		assertThatIllegalArgumentException().isThrownBy(() -> query.get("e"));
	}

}
