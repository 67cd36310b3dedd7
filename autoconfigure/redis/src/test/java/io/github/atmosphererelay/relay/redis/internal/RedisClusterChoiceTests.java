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

package io.github.atmosphererelay.relay.redis.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link RedisClusterChoice} and {@link RedisClusterInfo}.
 */
class RedisClusterChoiceTests {

	private static final String WHOLE = """
			cluster_state:ok\r
			cluster_slots_assigned:16384\r
			cluster_slots_ok:16384\r
			""";

	private static final String HALF = """
			cluster_state:fail\r
			cluster_slots_assigned:16384\r
			cluster_slots_ok:8192\r
			""";

	private static final String THIRD = HALF.replace("8192", "5461");

	private static final String ALONE = """
			cluster_state:fail\r
			cluster_slots_assigned:0\r
			cluster_slots_ok:0\r
			""";

	private final List<String> open = new ArrayList<>();

	@Test
	void theFirstTwoNodesThatReportAHealthyClusterAreChosen() {
		assertThat(choose(Map.of("a", THIRD, "b", ALONE, "c", WHOLE, "d", HALF, "e", WHOLE, "f", WHOLE), "a", "b",
				"gone", "c", "d", "e", "f"))
			.containsExactly("c", "e");
		assertThat(this.open).containsExactly("c", "e");
	}

	@Test
	void otherwiseTheNodesThatReachTheMostSlotsAreChosen() {
		assertThat(choose(Map.of("a", THIRD, "b", HALF, "c", THIRD, "d", HALF), "a", "b", "c", "gone", "d", "broken"))
			.containsExactly("b", "d");
		assertThat(this.open).containsExactly("b", "d");
	}

	@Test
	void oneNodeIsChosenIfTheOthersReachFewerSlots() {
		assertThat(choose(Map.of("a", THIRD, "b", WHOLE, "c", HALF), "a", "b", "c")).containsExactly("b");
		assertThat(this.open).containsExactly("b");
	}

	@Test
	void aNodeThatIsNotPartOfAClusterIsNeverChosen() {
		assertThatIllegalStateException().isThrownBy(() -> choose(Map.of("a", ALONE), "gone", "a"))
			.withMessageContaining("a is not part of a cluster");
		assertThat(this.open).isEmpty();
	}

	@Test
	void ifNoNodeAnswersTheFailureOfTheLastIsThrown() {
		assertThatIllegalStateException().isThrownBy(() -> choose(Map.of(), "gone", "broken")).withMessage("broken");
		assertThatIllegalStateException().isThrownBy(() -> choose(Map.of())).withMessageContaining("No node");
		assertThat(this.open).isEmpty();
	}

	@Test
	void aNodeThatDoesNotPermitTheQuestionIsChosen() {
		assertThat(choose(Map.of("a", ""), "a")).containsExactly("a");
		assertThat(RedisClusterInfo.parse("cluster_state:fail\r\ncluster_slots_ok:many\r\n"))
			.isEqualTo(new RedisClusterInfo(false, 0, true));
	}

	private List<String> choose(Map<String, String> infos, String... nodes) {
		RedisClusterChoice.Chosen<String> chosen = new RedisClusterChoice<String, String>((node) -> {
			if (node.equals("gone")) {
				throw new IllegalStateException(node);
			}
			this.open.add(node);
			return node;
		}, (node) -> {
			String info = infos.get(node);
			if (info == null) {
				throw new IllegalStateException(node);
			}
			return RedisClusterInfo.parse(info);
		}, this.open::remove).connect(List.of(nodes));
		return Stream.of(chosen.publisher(), chosen.subscriber()).filter(Objects::nonNull).toList();
	}

}
