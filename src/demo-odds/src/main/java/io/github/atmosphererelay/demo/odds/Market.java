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

import java.util.List;

/**
 * A market: what the topic has of it, and the state that the reducer keeps.
 *
 * @param sport the sport, for example {@code tennis}
 * @param match the match's id
 * @param league where the match is played
 * @param home who plays at home
 * @param away who plays away
 * @param start when the match begins, as people read it
 * @param name what is bet on
 * @param main whether it is the market that a list of matches shows
 * @param selections what can be chosen
 * @param time when the prices were made, in milliseconds since 1970
 */
record Market(String sport, String match, String league, String home, String away, String start, String name,
		boolean main, List<Selection> selections, long time) {

	Market {
		selections = List.copyOf(selections);
	}

	Market with(List<Selection> selections, long time) {
		return new Market(this.sport, this.match, this.league, this.home, this.away, this.start, this.name, this.main,
				selections, time);
	}

	/**
	 * What can be chosen.
	 *
	 * @param name what it is called
	 * @param price what a stake of 1 pays back, in hundredths
	 */
	record Selection(String name, int price) {

	}

}
