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

package io.github.atmosphererelay.benchmark;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/**
 * Draws what a delivery costs as bars, a group for each workload and a bar for each
 * contender. The scale is logarithmic, because contenders differ by factors.
 */
final class Chart {

	private static final List<String> COLOURS = List.of("#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#76b7b2",
			"#b07aa1", "#9c755f");

	private static final int LEFT = 170;

	private static final int WIDTH = 560;

	private static final int RIGHT = 80;

	private static final int TOP = 44;

	private static final int BAR = 18;

	private static final int GAP = 26;

	private final Map<Workload, Map<Contender, Double>> costs;

	/**
	 * Create a chart.
	 * @param measurements what was measured; what had no deliveries is left out
	 */
	Chart(List<Measurement> measurements) {
		this.costs = measurements.stream()
			.filter((measurement) -> measurement.result() != null && measurement.cpuPerDelivery() > 0)
			.collect(Collectors.groupingBy(Measurement::workload, LinkedHashMap::new,
					Collectors.groupingBy(Measurement::contender, LinkedHashMap::new,
							Collectors.averagingDouble(Measurement::cpuPerDelivery))));
	}

	/**
	 * Draw the chart.
	 * @return an SVG document
	 */
	String svg() {
		int height = TOP + 40;
		for (Map<Contender, Double> bars : this.costs.values()) {
			height += GAP + BAR * bars.size();
		}
		int least = (int) Math.floor(Math.log10(values().min().orElse(1)));
		int most = Math.max(least + 1, (int) Math.ceil(Math.log10(values().max().orElse(10))));
		StringBuilder svg = new StringBuilder(format("""
				<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">
				<rect width="100%%" height="100%%" fill="#ffffff"/>
				<text x="10" y="22" font-size="14">Processor time per delivery, in microseconds (logarithmic)</text>
				""", LEFT + WIDTH + RIGHT, height));
		for (int power = least; power <= most; power++) {
			int x = x(Math.pow(10, power), least, most);
			svg.append(format("<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#dddddd\"/>\n", x, TOP, x,
					height - 30));
			svg.append(format("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", x, height - 12,
					number(Math.pow(10, power))));
		}
		int y = TOP;
		for (Map.Entry<Workload, Map<Contender, Double>> group : this.costs.entrySet()) {
			svg.append(format("<text x=\"10\" y=\"%d\" font-weight=\"bold\">%s</text>\n", y + GAP - 8,
					group.getKey().name()));
			y += GAP;
			for (Map.Entry<Contender, Double> bar : group.getValue().entrySet()) {
				int end = x(bar.getValue(), least, most);
				svg.append(format("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", LEFT - 8, y + 13,
						bar.getKey().title()));
				svg.append(format("<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", LEFT, y + 2,
						Math.max(1, end - LEFT), BAR - 4, COLOURS.get(bar.getKey().ordinal() % COLOURS.size())));
				svg.append(format("<text x=\"%d\" y=\"%d\">%s</text>\n", end + 6, y + 13, number(bar.getValue())));
				y += BAR;
			}
		}
		return svg.append("</svg>\n").toString();
	}

	private DoubleStream values() {
		return this.costs.values().stream().flatMap((bars) -> bars.values().stream()).mapToDouble(Double::doubleValue);
	}

	private static int x(double value, int least, int most) {
		return LEFT + (int) Math.round(WIDTH * (Math.log10(value) - least) / (most - least));
	}

	private static String number(double value) {
		return format((value < 10) ? "%.3g" : "%.0f", value).replaceFirst("(\\.\\d*?)0+$", "$1")
			.replaceFirst("\\.$", "");
	}

	private static String format(String format, Object... args) {
		return String.format(Locale.ROOT, format, args);
	}

}
