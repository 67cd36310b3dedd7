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
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

import io.github.atmosphererelay.demo.odds.Market.Selection;

/**
 * Moves prices as a market does: one selection is thought more or less likely, and the
 * others make up for it.
 */
final class RandomWalk {

	/** The bookmaker's share: the probabilities in the prices sum up to this. */
	static final double BOOK = 1.05;

	static final int LOWEST = 102;

	static final int HIGHEST = 5000;

	private static final double STEP = 0.07;

	/** Pulls prices back to even ones, so that none stays at its limit. */
	private static final double PULL = 0.01;

	private RandomWalk() {
	}

	static List<Selection> first(List<String> names, RandomGenerator random) {
		double[] weights = random.doubles(names.size(), 0.6, 2).toArray();
		return priced(names, weights);
	}

	/**
	 * Move the prices by a step.
	 * @param selections the present prices
	 * @param random where they go
	 * @return the new prices
	 */
	static List<Selection> step(List<Selection> selections, RandomGenerator random) {
		double[] weights = selections.stream().mapToDouble((each) -> 100.0 / each.price()).toArray();
		double even = BOOK / weights.length;
		int moved = random.nextInt(weights.length);
		for (int i = 0; i < weights.length; i++) {
			weights[i] *= Math.exp(PULL * Math.log(even / weights[i]));
		}
		weights[moved] *= Math.exp(random.nextGaussian() * STEP);
		return priced(selections.stream().map(Selection::name).toList(), weights);
	}

	private static List<Selection> priced(List<String> names, double[] weights) {
		double sum = 0;
		for (double weight : weights) {
			sum += weight;
		}
		double scale = 100 * sum / BOOK;
		List<Selection> selections = new ArrayList<>();
		IntStream.range(0, names.size())
			.forEach((i) -> selections.add(new Selection(names.get(i),
					(int) Math.max(LOWEST, Math.min(HIGHEST, Math.round(scale / weights[i]))))));
		return selections;
	}

}
