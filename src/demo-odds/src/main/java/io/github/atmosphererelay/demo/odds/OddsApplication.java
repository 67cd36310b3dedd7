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

import io.github.atmosphererelay.stream.Reducer;

import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/**
 * The application: with a web server it is a node, without one it reduces.
 */
@SpringBootApplication
class OddsApplication {

	@Bean
	Reducer<String, Market> odds() {
		return Reducer.named("odds")
			.topic(Fixtures.TOPIC, Market.class)
			.fold((state, record) -> record.value())
			.query("matches", BySport.class,
					(state, query) -> state.main() && (query.sport().isEmpty() || query.sport().equals(state.sport())))
			.query("match", ByMatch.class, (state, query) -> query.match().equals(state.match()))
			.view((subscription) -> OddsFormat.of(subscription.option("format", "decimal")),
					(format, key, state) -> View.of(format, state))
			.build();
	}

	/**
	 * The matches of a sport.
	 *
	 * @param sport the sport, or empty for all
	 */
	record BySport(String sport) {

	}

	/**
	 * All markets of a match.
	 *
	 * @param match the match's id
	 */
	record ByMatch(String match) {

	}

	/**
	 * What a page gets.
	 *
	 * @param market the market
	 * @param odds the prices, as people read them
	 */
	record View(Market market, List<String> odds) {

		static View of(OddsFormat format, Market market) {
			return new View(market,
					market.selections().stream().map((selection) -> format.write(selection.price())).toList());
		}

	}

}
