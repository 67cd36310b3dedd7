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

import java.io.File;
import java.io.IOException;
import java.io.StringReader;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import javax.xml.parsers.DocumentBuilderFactory;

import io.github.atmosphererelay.autoconfigure.AtmosphereProperties;
import io.github.atmosphererelay.endpoint.ManagedService;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ByteArrayResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The blocks of code in the documentation: Java is compiled, endpoints are started, YAML
 * is bound to the properties, and everything else is at least parsed. The pages on
 * starting and testing and the log-in of the page on security are also run, by
 * {@code QuickstartTests}, {@code TestingPageTests} and {@code LoginPageTests}.
 */
@Timeout(180)
class DocumentationCodeTests {

	/** Its blocks need the test kit. */
	private static final Set<String> COMPILED_WITH_THE_TEST_KIT = Set.of("src/docs/testing.md");

	private static final Set<String> LANGUAGES = Set.of("java", "yaml", "json", "js", "html", "xml", "shell", "sh",
			"text", "nginx", "haproxy", "");

	private static final JsonMapper JSON = JsonMapper.builder().build();

	@Test
	void everyBlockIsInALanguageThatIsChecked() throws IOException {
		for (DocumentationPage page : DocumentationPage.all()) {
			for (DocumentationPage.Block block : page.blocks()) {
				assertThat(LANGUAGES).as(block.toString()).contains(block.language());
			}
			assertThat(page.prose()).as("a fence of " + page + " that is no block").doesNotContain("```");
		}
	}

	@Test
	void everyBlockOfJavaCompilesAndEveryEndpointStarts(@TempDir Path directory) throws Exception {
		JavaBlocks blocks = new JavaBlocks(directory);
		for (DocumentationPage page : DocumentationPage.all()) {
			if (!COMPILED_WITH_THE_TEST_KIT.contains(page.name())) {
				page.blocks("java").forEach(blocks::add);
			}
		}
		assertThat(blocks.count()).isGreaterThan(15);
		Path classes = blocks.compile();
		try (URLClassLoader loader = new URLClassLoader(new URL[] { classes.toUri().toURL() },
				getClass().getClassLoader())) {
			Map<String, List<Class<?>>> endpoints = new LinkedHashMap<>();
			for (Map.Entry<String, String> type : blocks.types().entrySet()) {
				Class<?> loaded = loader.loadClass(type.getKey());
				if (AnnotatedElementUtils.hasAnnotation(loaded, ManagedService.class)) {
					endpoints.computeIfAbsent(type.getValue(), (page) -> new ArrayList<>()).add(loaded);
				}
			}
			assertThat(endpoints).hasSizeGreaterThan(4);
			for (List<Class<?>> ofPage : endpoints.values()) {
				TestNode.start(ofPage).close();
			}
		}
	}

	@Test
	void everyBlockOfYamlIsBound() throws IOException {
		Set<String> known = knownProperties();
		// The binder overlooks what it does not know in elements of a list
		DocumentationPage.read(DocumentationPage.FOLDER.resolve("channels.md"))
			.section("## How it works")
			.stream()
			.map(Pattern.compile("^\\| `([a-z.-]+)` \\|")::matcher)
			.filter(Matcher::find)
			.forEach((row) -> known.add("atmosphere.channels[]." + row.group(1)));
		DocumentationPage.read(DocumentationPage.FOLDER.resolve("feeds.md"))
			.section("## How it works")
			.stream()
			.map(Pattern.compile("^\\| `([a-z.-]+)` \\|")::matcher)
			.filter(Matcher::find)
			.forEach((row) -> known.add("atmosphere.feeds[]." + row.group(1)));
		int bound = 0;
		for (DocumentationPage page : DocumentationPage.all()) {
			for (DocumentationPage.Block block : page.blocks("yaml")) {
				List<PropertySource<?>> sources = new YamlPropertySourceLoader().load(block.toString(),
						new ByteArrayResource(block.code().getBytes(StandardCharsets.UTF_8)));
				new Binder(ConfigurationPropertySources.from(sources)).bind("atmosphere",
						Bindable.of(AtmosphereProperties.class),
						new NoUnboundElementsBindHandler(BindHandler.DEFAULT, (source) -> true));
				for (PropertySource<?> source : sources) {
					if (source.containsProperty("kind")) {
						// Kubernetes', with properties as variables of the environment
						assertThat(variables(source)).as(block.toString()).isNotEmpty().isSubsetOf(asVariables(known));
						continue;
					}
					for (String name : ((EnumerablePropertySource<?>) source).getPropertyNames()) {
						assertThat(known).as(block.toString())
							.contains(name.replaceAll("\\[\\d+]$", "")
								.replaceFirst("\\[\\d+]", "[]")
								.replaceFirst("^(spring\\.ssl\\.bundle\\.(pem|jks))\\..*", "$1"));
						bound++;
					}
				}
			}
		}
		assertThat(bound).isGreaterThan(30);
	}

	private static List<Object> variables(PropertySource<?> manifest) {
		return Stream.of(((EnumerablePropertySource<?>) manifest).getPropertyNames())
			.filter((name) -> name.matches(".*\\.env\\[\\d+]\\.name"))
			.<Object>map(manifest::getProperty)
			.toList();
	}

	private static Set<Object> asVariables(Set<String> properties) {
		return properties.stream()
			.map((property) -> property.replace("-", "").replace('.', '_').toUpperCase(Locale.ROOT))
			.collect(Collectors.toSet());
	}

	@Test
	void everyPropertyAndMeterThatIsNamedIsThere() throws IOException {
		Set<String> known = knownProperties();
		DocumentationPage.read(DocumentationPage.FOLDER.resolve("operations.md"))
			.section("## Meters")
			.forEach((line) -> {
				Matcher meter = Pattern.compile("^\\| `(atmosphere\\.[a-z.]+)`").matcher(line);
				if (meter.find()) {
					known.add(meter.group(1));
				}
			});
		// What is no property: the npm client, and the name of the topic
		known.addAll(List.of("atmosphere.js", "atmosphere"));
		// A property of a module of Spring Boot that the build does not have
		known.add("spring.session.data.redis.repository-type");
		known.add("spring.cloud.gateway.server.webflux.trusted-proxies");
		Pattern name = Pattern.compile("`((?:atmosphere|spring|server|management)\\.[a-z][a-z.-]*[a-z])(\\.\\*)?[`={]");
		Set<String> missing = new TreeSet<>();
		for (DocumentationPage page : DocumentationPage.all()) {
			Matcher matcher = name.matcher(page.prose());
			while (matcher.find()) {
				String each = matcher.group(1);
				if (each.startsWith("atmosphere.gateway.")) {
					// The gateway's module builds on this one, and compares its page
					// itself
					continue;
				}
				boolean there = (matcher.group(2) == null) ? known.contains(each) || isPrefix(known, each)
						: isPrefix(known, each);
				if (!there) {
					missing.add(each + " on " + page);
				}
			}
		}
		assertThat(missing).isEmpty();
	}

	private static boolean isPrefix(Set<String> known, String name) {
		return known.stream().anyMatch((each) -> each.startsWith(name + "."));
	}

	private static Set<String> knownProperties() throws IOException {
		Set<String> names = new HashSet<>();
		Enumeration<URL> files = DocumentationCodeTests.class.getClassLoader()
			.getResources("META-INF/spring-configuration-metadata.json");
		while (files.hasMoreElements()) {
			for (JsonNode property : JSON.readTree(files.nextElement().openStream()).get("properties")) {
				names.add(property.get("name").asString());
			}
		}
		assertThat(names).contains("atmosphere.enabled", "spring.data.redis.host");
		return names;
	}

	@Test
	void everyLineOfJsonParses() throws IOException {
		for (DocumentationPage page : DocumentationPage.all()) {
			for (DocumentationPage.Block block : page.blocks("json")) {
				block.code().lines().forEach((line) -> assertThat(JSON.readTree(line).isObject()).as(line).isTrue());
			}
		}
	}

	@Test
	void everyBlockOfXmlIsWellFormed() throws Exception {
		for (DocumentationPage page : DocumentationPage.all()) {
			for (DocumentationPage.Block block : page.blocks("xml")) {
				String elements = "<elements>" + block.code().replaceFirst("<\\?xml.*?\\?>", "") + "</elements>";
				DocumentBuilderFactory.newInstance()
					.newDocumentBuilder()
					.parse(new InputSource(new StringReader(elements)));
			}
		}
	}

	@Test
	void scriptsOfPagesAreModulesThatParse(@TempDir Path directory) throws Exception {
		if (!isPresent("node")) {
			System.out.println("SKIPPED the scripts of the documentation: Node.js is not on the PATH");
			Assumptions.abort("Node.js is not on the PATH");
		}
		for (DocumentationPage page : DocumentationPage.all()) {
			for (DocumentationPage.Block block : page.blocks()) {
				for (String script : scripts(block)) {
					Path file = Files.writeString(directory.resolve("script.mjs"), script);
					run(block, "node", "--check", file.toString());
				}
			}
		}
	}

	private static List<String> scripts(DocumentationPage.Block block) {
		return switch (block.language()) {
			case "js" -> List.of(block.code());
			case "html" -> Pattern.compile("<script[^>]*>(.*?)</script>", Pattern.DOTALL)
				.matcher(block.code())
				.results()
				.map((script) -> script.group(1))
				.toList();
			default -> List.of();
		};
	}

	@Test
	void commandsOfPagesAreShell(@TempDir Path directory) throws Exception {
		for (DocumentationPage page : DocumentationPage.all()) {
			for (DocumentationPage.Block block : page.blocks("shell")) {
				Path file = Files.writeString(directory.resolve("commands.sh"), block.code());
				run(block, "sh", "-n", file.toString());
			}
		}
	}

	/**
	 * Balancers whose timeouts are shorter would cut quiet connections.
	 */
	@Test
	void timeoutsOfBalancersAreLongerThanTheTimeOfAPingAndItsPong() throws IOException {
		AtmosphereProperties.Websocket websocket = new Binder().bindOrCreate("atmosphere", AtmosphereProperties.class)
			.websocket();
		Duration quiet = websocket.pingInterval().plus(websocket.pongTimeout());
		DocumentationPage page = DocumentationPage.read(DocumentationPage.FOLDER.resolve("operations.md"));
		assertThat(seconds(page, "nginx", "proxy_read_timeout (\\d+)s;")).isGreaterThan(quiet);
		assertThat(seconds(page, "haproxy", "timeout tunnel (\\d+)s")).isGreaterThan(quiet);
	}

	private static Duration seconds(DocumentationPage page, String language, String setting) {
		assertThat(page.blocks(language)).hasSize(1);
		Matcher matcher = Pattern.compile(setting).matcher(page.blocks(language).get(0).code());
		assertThat(matcher.find()).as(setting).isTrue();
		return Duration.ofSeconds(Long.parseLong(matcher.group(1)));
	}

	private static boolean isPresent(String program) {
		return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
			.anyMatch((directory) -> Files.isExecutable(Path.of(directory, program)));
	}

	private static void run(DocumentationPage.Block block, String... command) throws Exception {
		Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor(20, TimeUnit.SECONDS)).as(block.toString()).isTrue();
		assertThat(process.exitValue()).as(block + ": " + output).isZero();
	}

}
