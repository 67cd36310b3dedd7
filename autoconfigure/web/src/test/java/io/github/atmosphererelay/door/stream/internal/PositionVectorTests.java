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

package io.github.atmosphererelay.door.stream.internal;

import java.util.List;

import io.github.atmosphererelay.message.Position;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * The ids of events.
 */
class PositionVectorTests {

	private static final List<String> THREE = List.of("chat/a", "chat/b", "chat/c");

	@Test
	void theIdOfOneChannelIsItsPosition() {
		PositionVector vector = PositionVector.of(List.of("chat/a"));
		assertThat(vector.toString()).isEmpty();
		assertThat(vector.move("chat/a", new Position("a1:b", 42))).isTrue();
		assertThat(vector).hasToString("a1:b:42");
		assertThat(PositionVector.parse(List.of("chat/a"), "a1:b:42").get("chat/a"))
			.isEqualTo(new Position("a1:b", 42));
	}

	@Test
	void theIdOfSeveralChannelsNamesAnEpochOnce() {
		PositionVector vector = PositionVector.of(THREE);
		vector.move("chat/a", new Position("a1", 42));
		vector.move("chat/c", new Position("a1", 7));
		assertThat(vector.toString()).matches("[0-9a-f]+~a1:42,,:7");
		PositionVector parsed = PositionVector.parse(THREE, vector.toString());
		assertThat(parsed.get("chat/a")).isEqualTo(new Position("a1", 42));
		assertThat(parsed.get("chat/b")).isNull();
		assertThat(parsed.get("chat/c")).isEqualTo(new Position("a1", 7));
	}

	@Test
	void aChannelThatWasNotAskedForHasNoPlace() {
		assertThat(PositionVector.of(THREE).move("chat/d", new Position("a1", 1))).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "a,b", "a~b", "50%", "ü", "a b", "a\nb", "a%2Cb", "a:b:c" })
	void anyEpochComesBack(String epoch) {
		for (List<String> channels : List.of(List.of("chat/a"), THREE)) {
			PositionVector vector = PositionVector.of(channels);
			vector.move("chat/a", new Position(epoch, 3));
			assertThat(vector.toString()).matches("[!-~]+");
			assertThat(PositionVector.parse(channels, vector.toString()).get("chat/a"))
				.isEqualTo(new Position(epoch, 3));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "a1:1", "0~a1:1,,", "a1:1,,", "~", "%~a" })
	void whatIsNoVectorOfTheChannelsIsRefused(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> PositionVector.parse(THREE, text));
	}

	@Test
	void theVectorOfOtherChannelsIsRefused() {
		PositionVector vector = PositionVector.of(THREE);
		vector.move("chat/a", new Position("a1", 42));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> PositionVector.parse(List.of("chat/b", "chat/a", "chat/c"), vector.toString()));
		assertThatIllegalArgumentException().isThrownBy(() -> PositionVector.parse(THREE, vector.toString() + ","));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> PositionVector.parse(THREE, vector.toString().replace("a1:42", ":42")));
	}

}
