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

package io.github.atmosphererelay.demo.odds;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

import io.github.atmosphererelay.demo.odds.Market.Selection;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * Tests for {@link Fixtures} and {@link RandomWalk}.
 */
class FixturesTests {

	private final Random random = new Random(42);

	private final Map<String, Market> markets = Fixtures.markets(this.random, 1);

	@Test
	void thereAreTwoThousandMarketsOfTwoHundredMatches() {
		assertThat(this.markets).hasSize(2_000);
		assertThat(this.markets.values().stream().filter(Market::main)).hasSize(200);
		Map<String, Long> bySport = this.markets.values()
			.stream()
			.collect(Collectors.groupingBy(Market::sport, Collectors.counting()));
		assertThat(bySport).hasSize(5).allSatisfy((sport, count) -> assertThat(count).isEqualTo(400));
	}

	@Test
	void nobodyPlaysTwiceAtTheSameTime() {
		Set<String> players = new HashSet<>();
		assertThat(this.markets.values().stream().filter(Market::main)).allSatisfy((match) -> {
			assertThat(players.add(match.home() + match.start())).isTrue();
			assertThat(players.add(match.away() + match.start())).isTrue();
		});
	}

	@Test
	void theFirstPricesHaveTheBookmakersShare() {
		assertThat(this.markets.values())
			.allSatisfy((market) -> assertThat(book(market.selections())).isCloseTo(RandomWalk.BOOK, within(0.02)));
	}

	@Test
	void pricesWalkWithoutEndAndStayWithinTheirLimits() {
		List<Selection> selections = RandomWalk.first(List.of("Home", "Draw", "Away"), this.random);
		Set<Integer> prices = new HashSet<>();
		List<Integer> last = new ArrayList<>();
		for (int i = 0; i < 10_000; i++) {
			selections = RandomWalk.step(selections, this.random);
			assertThat(selections).extracting(Selection::name).containsExactly("Home", "Draw", "Away");
			assertThat(selections).allSatisfy(
					(selection) -> assertThat(selection.price()).isBetween(RandomWalk.LOWEST, RandomWalk.HIGHEST));
			prices.add(selections.get(0).price());
			if (i >= 9_000) {
				last.add(selections.get(0).price());
			}
		}
		assertThat(prices).hasSizeGreaterThan(100);
		assertThat(new HashSet<>(last)).hasSizeGreaterThan(20);
	}

	private static double book(List<Selection> selections) {
		return selections.stream().mapToDouble((selection) -> 100.0 / selection.price()).sum();
	}

}
