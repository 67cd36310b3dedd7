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

import java.util.Locale;

/**
 * How people write odds. A price is what a stake of 1 pays back, in hundredths.
 */
enum OddsFormat {

	/** What a stake of 1 pays back: {@code 2.50}. */
	DECIMAL {

		@Override
		String write(int price) {
			return String.format(Locale.ROOT, "%d.%02d", price / 100, price % 100);
		}

	},

	/** What is won, by the stake: {@code 6/4} is written {@code 3/2}. */
	FRACTIONAL {

		@Override
		String write(int price) {
			int profit = price - 100;
			int best = 1;
			for (int denominator : DENOMINATORS) {
				if (error(profit, denominator) < error(profit, best)) {
					best = denominator;
				}
			}
			int numerator = numerator(profit, best);
			int divisor = gcd(numerator, best);
			return numerator / divisor + "/" + best / divisor;
		}

	},

	/** What 100 win, or with a minus what has to be staked to win 100. */
	AMERICAN {

		@Override
		String write(int price) {
			int profit = price - 100;
			return (profit >= 100) ? "+" + profit : "-" + Math.round(10_000.0 / profit);
		}

	};

	/** Those that bookmakers use; fewer for high prices follow from the error. */
	private static final int[] DENOMINATORS = { 2, 4, 5, 8, 10, 20 };

	/**
	 * Write a price.
	 * @param price the price in hundredths, more than 100
	 * @return what people read
	 */
	abstract String write(int price);

	private static int numerator(int profit, int denominator) {
		return Math.max(1, Math.round(profit * denominator / 100f));
	}

	private static double error(int profit, int denominator) {
		return Math.abs(profit / 100.0 - (double) numerator(profit, denominator) / denominator);
	}

	private static int gcd(int a, int b) {
		return (b == 0) ? a : gcd(b, a % b);
	}

	/**
	 * Return the format that a client has asked for.
	 * @param name its name in any case
	 * @return the format, decimal if there is no such one
	 */
	static OddsFormat of(String name) {
		for (OddsFormat format : values()) {
			if (format.name().equalsIgnoreCase(name)) {
				return format;
			}
		}
		return DECIMAL;
	}

}
