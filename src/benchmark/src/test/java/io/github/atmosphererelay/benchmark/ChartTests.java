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

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

import javax.xml.parsers.DocumentBuilderFactory;

import io.github.atmosphererelay.benchmark.load.LoadResult;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * Tests for {@link Chart}.
 */
class ChartTests {

	@Test
	void aContenderHasOneBarPerWorkloadWithTheMeanOfItsPasses() throws Exception {
		Document svg = parse(
				new Chart(List.of(measurement(Contender.OURS, "W1c", 10), measurement(Contender.NETTY, "W1c", 1),
						measurement(Contender.OURS, "W1c", 30), measurement(Contender.OURS, "W3", 100))));
		assertThat(texts(svg)).contains("W1c", "W3", "ours", "Netty", "20", "1", "100");
		// The first is the background
		assertThat(svg.getElementsByTagName("rect").getLength()).isEqualTo(1 + 3);
	}

	@Test
	void tenTimesTheCostIsTheSameStepEverywhere() throws Exception {
		Document svg = parse(new Chart(List.of(measurement(Contender.NETTY, "W1c", 2),
				measurement(Contender.BASELINE, "W1c", 20), measurement(Contender.OURS, "W1c", 200))));
		int[] widths = new int[3];
		for (int i = 0; i < 3; i++) {
			widths[i] = Integer
				.parseInt(((Element) svg.getElementsByTagName("rect").item(i + 1)).getAttribute("width"));
		}
		assertThat(widths[2] - widths[1]).isPositive().isCloseTo(widths[1] - widths[0], within(1));
	}

	@Test
	void withoutDeliveriesThereIsNothingToDraw() throws Exception {
		Workload idle = Workload.of("W4");
		Document svg = parse(
				new Chart(List.of(new Measurement(Contender.OURS, idle, null, Double.NaN, 1, 1, 1, Double.NaN))));
		assertThat(svg.getElementsByTagName("rect").getLength()).isEqualTo(1);
	}

	private static Measurement measurement(Contender contender, String workload, double micros) {
		LoadResult result = new LoadResult(1, 1, 1, new Histogram(3), 1, 0, 0, 0, 0, 0, 1);
		return new Measurement(contender, Workload.of(workload), result, micros, Double.NaN, Double.NaN, 1, Double.NaN);
	}

	private static Document parse(Chart chart) throws Exception {
		return DocumentBuilderFactory.newInstance()
			.newDocumentBuilder()
			.parse(new ByteArrayInputStream(chart.svg().getBytes(StandardCharsets.UTF_8)));
	}

	private static List<String> texts(Document svg) {
		return IntStream.range(0, svg.getElementsByTagName("text").getLength())
			.mapToObj((i) -> svg.getElementsByTagName("text").item(i).getTextContent())
			.toList();
	}

}
