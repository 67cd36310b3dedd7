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

package io.github.atmosphererelay.docs;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.atmosphererelay.actuate.internal.AtmosphereMeters;
import io.github.atmosphererelay.actuate.internal.FeedMeters;
import io.github.atmosphererelay.actuate.internal.GroupMeters;
import io.github.atmosphererelay.actuate.internal.HttpRelayMeters;
import io.github.atmosphererelay.actuate.internal.HttpSessionMeters;
import io.github.atmosphererelay.actuate.internal.ListeningMeters;
import io.github.atmosphererelay.actuate.internal.OutboxMeters;
import io.github.atmosphererelay.actuate.internal.PollMeters;
import io.github.atmosphererelay.actuate.internal.RoutingMeters;
import io.github.atmosphererelay.actuate.internal.StompMeters;
import io.github.atmosphererelay.actuate.internal.StreamMeters;
import io.github.atmosphererelay.autoconfigure.AtmosphereProperties;
import io.github.atmosphererelay.door.internal.HttpSessionRegistry;
import io.github.atmosphererelay.feed.internal.ChannelTemplate;
import io.github.atmosphererelay.feed.internal.Feed;
import io.github.atmosphererelay.feed.internal.FeedClients;
import io.github.atmosphererelay.feed.internal.FeedSettings;
import io.github.atmosphererelay.feed.internal.Feeds;
import io.github.atmosphererelay.feed.internal.Redistribution;
import io.github.atmosphererelay.feed.internal.RedistributionSettings;
import io.github.atmosphererelay.feed.internal.ValueFormat;
import io.github.atmosphererelay.group.internal.GroupStatistics;
import io.github.atmosphererelay.outbox.internal.OutboxStatistics;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.http.internal.HttpRelay;
import io.github.atmosphererelay.relay.http.internal.HttpRelaySettings;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Route;
import io.github.atmosphererelay.routing.Routes;
import io.github.atmosphererelay.routing.internal.RoutingStatistics;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.stream.Reducer;
import io.github.atmosphererelay.stream.internal.StreamSettings;
import io.github.atmosphererelay.stream.internal.Streams;
import io.github.atmosphererelay.test.TestNode;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.context.properties.bind.DefaultValue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Compares the README and the tables of the documentation with the code. What a test
 * expects is what has to be written there.
 */
class ReadmeTests {

	private static final int MAX_LINES = 200;

	@Test
	void theReadmeIsReadInOneSitting() throws IOException {
		assertThat(page("../../README.md").text().lines().count()).isLessThanOrEqualTo(MAX_LINES);
	}

	@Test
	void theReadmeHasTheCommandsThatTheMergeCheckRuns() throws IOException {
		String readme = page("../../README.md").text();
		String check = Files.readString(DocumentationPage.ROOT.resolve(Path.of(".ci", "run")));
		Matcher command = Pattern.compile("readonly (TEST|DEMO)_COMMAND=\"(.+)\"").matcher(check);
		List<String> commands = command.results().map((result) -> result.group(2)).toList();
		assertThat(commands).hasSize(2);
		assertThat(readme.lines()).contains(commands.get(0), commands.get(1) + " --kafka");
	}

	@Test
	void theReadmeAsksForTheDependencyThatTheBuildMakes() throws IOException {
		String pom = Files.readString(DocumentationPage.ROOT.resolve(Path.of("starter", "pom.xml")));
		Matcher artifact = Pattern.compile("</parent>\\s*(<artifactId>.+</artifactId>)").matcher(pom);
		Matcher version = Pattern.compile("<version>.+</version>").matcher(pom);
		assertThat(artifact.find() && version.find()).isTrue();
		assertThat(page("../../README.md").blocks("xml")).singleElement()
			.extracting(DocumentationPage.Block::code)
			.asString()
			.contains("<groupId>io.github.atmosphererelay</groupId>", artifact.group(1), version.group());
	}

	@Test
	void theChannelTableHasEveryPropertyWithItsDefault() throws IOException {
		List<String> rows = page("channels.md").section("## How it works");
		List<String> expected = new ArrayList<>();
		for (RecordComponent component : AtmosphereProperties.Channel.class.getRecordComponents()) {
			String name = dashed(component.getName());
			if (component.getType().getDeclaringClass() == AtmosphereProperties.class) {
				for (RecordComponent inner : component.getType().getRecordComponents()) {
					expected.add("| `%s.%s` | %s |".formatted(name, dashed(inner.getName()), defaultOf(inner)));
				}
			}
			else {
				expected.add("| `%s` | %s |".formatted(name, defaultOf(component)));
			}
		}
		assertThat(rows).filteredOn((line) -> line.startsWith("| `"))
			.extracting((line) -> line.substring(0, line.indexOf('|', line.indexOf('|', 1) + 1) + 1))
			.containsExactlyElementsOf(expected);
	}

	private static String dashed(String name) {
		return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
	}

	private static String defaultOf(RecordComponent component) {
		DefaultValue value = Arrays.stream(component.getDeclaringRecord().getDeclaredConstructors()[0].getParameters())
			.filter((parameter) -> parameter.getName().equals(component.getName()))
			.findFirst()
			.orElseThrow()
			.getAnnotation(DefaultValue.class);
		if (value != null) {
			return "`" + value.value()[0] + "`";
		}
		return component.getName().equals("pattern") ? "required" : "as for all";
	}

	@Test
	void theCloseCodesAreThoseOfTheCode() throws Exception {
		List<String> rows = page("clients.md").section("## Errors and codes");
		for (Field field : CloseReason.class.getDeclaredFields()) {
			if (field.getType() == CloseReason.class && Modifier.isStatic(field.getModifiers())) {
				CloseReason reason = (CloseReason) field.get(null);
				String expected = "| %d | `%s` |".formatted(reason.code(), reason.text());
				assertThat(rows).as(expected).anyMatch((line) -> line.startsWith(expected));
			}
		}
	}

	@Test
	void everyErrorCodeIsExplained() throws IOException {
		List<String> rows = page("clients.md").section("## Errors and codes");
		for (ErrorCode code : ErrorCode.values()) {
			assertThat(rows).filteredOn((line) -> line.startsWith("| " + code.code() + " |"))
				.as(code.name())
				.hasSize(1);
		}
	}

	@Test
	void everyOutcomeIsExplained() throws IOException {
		for (Outcome outcome : Outcome.values()) {
			assertThat(rows("java-api.md", (line) -> line.startsWith("| `" + outcome.name() + "` |"))).hasSize(1);
		}
	}

	@Test
	void theMeterTableHasEveryMeter() throws IOException {
		Map<String, MeterRow> meters = new TreeMap<>();
		try (TestNode node = TestNode.start("atmosphere.channels[0].pattern=chat/**",
				"atmosphere.stomp.enabled=true")) {
			SimpleMeterRegistry registry = new SimpleMeterRegistry();
			node.bean(StompMeters.class).bindTo(registry);
			node.bean(AtmosphereMeters.class).bindTo(registry);
			new OutboxMeters(new OutboxStatistics()).bindTo(registry);
			HttpRelay httpRelay = new HttpRelay(HttpRelaySettings.withSecret("docs", "s".repeat(32)), List::of);
			new HttpRelayMeters(() -> httpRelay).bindTo(registry);
			node.bean(ListeningMeters.class).bindTo(registry);
			new GroupMeters("its name", new GroupStatistics()).bindTo(registry);
			new FeedMeters(feed()).bindTo(registry);
			new StreamMeters(streams()).bindTo(registry);
			new RoutingMeters(new RoutingStatistics(), new NoRoutes()).bindTo(registry);
			new HttpSessionMeters(node.bean(HttpSessionRegistry.class)).bindTo(registry);
			node.bean(PollMeters.class).bindTo(registry);
			for (Meter meter : registry.getMeters()) {
				MeterRow row = meters.computeIfAbsent(meter.getId().getName(), (name) -> MeterRow.of(meter.getId()));
				meter.getId().getTags().forEach(row::add);
			}
		}
		assertThat(rows("operations.md", (line) -> line.startsWith("| `atmosphere.")))
			.containsExactlyElementsOf(meters.entrySet().stream().map((e) -> e.getValue().text(e.getKey())).toList());
	}

	private static Streams streams() {
		Reducer<?, ?> reducer = Reducer.named("name")
			.topic("topic", String.class)
			.fold((state, record) -> record.value())
			.build();
		return new Streams(List.of(reducer), new StreamSettings(false, 1, null, "docs", true, Duration.ZERO, 1, 1, 1, 1,
				1, Duration.ZERO, 1, Duration.ZERO, 1), JsonMapper.builder().build());
	}

	private static Feed feed() {
		ChannelTemplate template = ChannelTemplate.parse("prices/{key}");
		return new Feeds(
				List.of(new FeedSettings("its name", "atmosphere.feeds[0]", "prices", "redistributed", template,
						template.pattern(), ValueFormat.JSON, List.of(), Duration.ZERO, 1, Duration.ofSeconds(1), 1, 0,
						null)),
				mock(FeedClients.class), new Redistribution(new RedistributionSettings("group", false, false, false),
						mock(Redistribution.Transports.class), Set::of))
			.all()
			.get(0);
	}

	private static DocumentationPage page(String file) throws IOException {
		return DocumentationPage.read(DocumentationPage.FOLDER.resolve(file).normalize());
	}

	private static List<String> rows(String file, Predicate<String> filter) throws IOException {
		return page(file).text().lines().filter(filter).toList();
	}

	/**
	 * Knows of no ring.
	 */
	private static final class NoRoutes implements Routes {

		@Override
		public PublishedRing ring() {
			return null;
		}

		@Override
		public Route find(String user) {
			return null;
		}

		@Override
		public Route findByChannel(String channel) {
			return null;
		}

		@Override
		public String self() {
			return "node";
		}

		@Override
		public boolean isAgreed() {
			return false;
		}

	}

	/**
	 * What the table tells of a meter.
	 */
	private record MeterRow(String type, String description, Map<String, TreeSet<String>> tags) {

		static MeterRow of(Meter.Id id) {
			return new MeterRow(id.getType().name().toLowerCase(Locale.ROOT),
					Objects.requireNonNull(id.getDescription()), new TreeMap<>());
		}

		void add(Tag tag) {
			this.tags.computeIfAbsent(tag.getKey(), (key) -> new TreeSet<>()).add(tag.getValue());
		}

		String text(String name) {
			StringBuilder text = new StringBuilder(this.description);
			this.tags.forEach(
					(key, values) -> text.append("; `").append(key).append("`: ").append(String.join(", ", values)));
			return "| `%s` | %s | %s |".formatted(name, this.type, text);
		}

	}

}
