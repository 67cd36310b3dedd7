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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * The matches of the demo, which are invented: five sports with 40 matches each, and ten
 * markets for each match.
 */
final class Fixtures {

	static final String TOPIC = "odds";

	static final int PARTITIONS = 12;

	static final int MATCHES_PER_SPORT = 40;

	private static final List<Sport> SPORTS = List.of(
			new Sport("football", "Northern League",
					List.of("Ashford Rovers", "Brightwater", "Calder Town", "Dunmore", "Eastvale", "Foxley United",
							"Glenhaven", "Harrow Vale", "Ironbridge", "Kestrel City"),
					true, List.of("Goals 2.5", "Goals 1.5", "Goals 3.5", "Corners 9.5", "Cards 4.5")),
			new Sport("tennis", "Harbour Open",
					List.of("A. Lindqvist", "M. Okafor", "J. Castell", "R. Novotny", "S. Tanaka", "P. Duarte",
							"L. Moreau", "K. Halloran", "D. Petrov", "E. Visser"),
					false, List.of("Games 22.5", "Games 20.5", "Sets 2.5", "Aces 11.5", "Tie-breaks 0.5")),
			new Sport("basketball", "Coastal Conference",
					List.of("Bay Herons", "Cedar Wolves", "Delta Kings", "Ember Hawks", "Granite Bears",
							"Harbor Lights", "Lake Foxes", "Mesa Comets", "Prairie Bulls", "Summit Owls"),
					false, List.of("Points 215.5", "Points 209.5", "Points 221.5", "Threes 24.5", "Rebounds 88.5")),
			new Sport("ice-hockey", "Winter League",
					List.of("Arctic Lynx", "Boreal Blades", "Frost Giants", "Glacier Pikes", "Ice Ravens",
							"Nordic Stags", "Polar Jets", "Rime Falcons", "Snow Badgers", "Tundra Elks"),
					true, List.of("Goals 5.5", "Goals 4.5", "Goals 6.5", "Shots 58.5", "Penalties 7.5")),
			new Sport("handball", "Continental Cup",
					List.of("Aldersberg", "Bergholm", "Corvino", "Drachten", "Espelund", "Fjordby", "Granville",
							"Hohenfels", "Istervik", "Jarlsburg"),
					true, List.of("Goals 55.5", "Goals 52.5", "Goals 58.5", "Saves 24.5", "Suspensions 8.5")));

	private static final List<String> STARTS = List.of("Today 17:00", "Today 18:30", "Today 20:00", "Today 21:30",
			"Tomorrow 15:00", "Tomorrow 17:00", "Tomorrow 18:30", "Tomorrow 20:00");

	private Fixtures() {
	}

	/**
	 * Make all markets.
	 * @param random makes the first prices
	 * @param time when they are made
	 * @return the markets by their keys
	 */
	static Map<String, Market> markets(RandomGenerator random, long time) {
		Map<String, Market> markets = new LinkedHashMap<>();
		for (Sport sport : SPORTS) {
			for (int i = 0; i < MATCHES_PER_SPORT; i++) {
				addMatch(markets, sport, i, random, time);
			}
		}
		return markets;
	}

	private static void addMatch(Map<String, Market> markets, Sport sport, int number, RandomGenerator random,
			long time) {
		int players = sport.players.size();
		// In a round everybody plays once
		int round = number / (players / 2);
		int home = number % (players / 2);
		String match = "%s-%02d".formatted(sport.name, number + 1);
		Market empty = new Market(sport.name, match, sport.league, sport.players.get(home),
				sport.players.get(players / 2 + (home + round) % (players / 2)), STARTS.get(round), "", false,
				List.of(), time);
		List<Named> names = new ArrayList<>();
		List<String> sides = List.of(empty.home(), empty.away());
		List<String> result = sport.draws ? List.of(empty.home(), "Draw", empty.away()) : sides;
		names.add(new Named("Match winner", result));
		names.add(new Named("First period", result));
		names.add(new Named("Handicap", sides));
		names.add(new Named("First to score", sides));
		names.add(new Named("Leads at half-time", result));
		sport.lines.forEach((line) -> {
			int space = line.lastIndexOf(' ');
			String value = line.substring(space + 1);
			names.add(new Named(line.substring(0, space) + " over/under " + value,
					List.of("Over " + value, "Under " + value)));
		});
		for (int i = 0; i < names.size(); i++) {
			Named named = names.get(i);
			Market market = new Market(empty.sport(), match, empty.league(), empty.home(), empty.away(), empty.start(),
					named.name, i == 0, List.of(), time);
			markets.put(match + "-" + i, market.with(RandomWalk.first(named.selections, random), time));
		}
	}

	private record Sport(String name, String league, List<String> players, boolean draws, List<String> lines) {

	}

	private record Named(String name, List<String> selections) {

	}

}
