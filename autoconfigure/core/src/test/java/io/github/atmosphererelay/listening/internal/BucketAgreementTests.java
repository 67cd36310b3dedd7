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

package io.github.atmosphererelay.listening.internal;

import java.util.Map;
import java.util.Set;
import java.util.UUID;

import io.github.atmosphererelay.cluster.ClusterAnswers;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.node.internal.NodeFixture;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class BucketAgreementTests {

	private final BucketAgreement agreement = new BucketAgreement(NodeFixture.catalog());

	private final UUID other = new UUID(1, 1);

	private String difference(String answer) {
		this.agreement.compare(new ClusterAnswers<>(Map.of(this.other, Payload.text(answer)), Map.of(), Set.of()),
				Map.of(this.other, "b"));
		return this.agreement.differences().get(this.other);
	}

	@Test
	void aNodeAgreesWithItsOwnAnswer() {
		String own = this.agreement.answer(this.other, Payload.text("")).toCompletableFuture().join().asText();
		assertThat(own).isEqualTo("4 many/**\n8 manylogs/**");
		assertThat(difference(own)).isNull();
	}

	@Test
	void anotherNumberIsReported() {
		assertThat(difference("4 many/**\n16 manylogs/**")).isEqualTo("manylogs/** has 16 there and 8 here");
	}

	@Test
	void anotherOrderIsReported() {
		assertThat(difference("8 manylogs/**\n4 many/**")).contains("order");
	}

	@Test
	void anAnswerThatCannotBeReadIsReported() {
		assertThat(difference("four many/**")).contains("cannot be read");
	}

}
