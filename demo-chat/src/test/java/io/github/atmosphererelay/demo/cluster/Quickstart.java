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

package io.github.atmosphererelay.demo.cluster;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

import io.github.atmosphererelay.testkit.RelayCluster;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringApplicationRunListener;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The application that the page on starting makes, out of its own blocks of code, and
 * built as a user's build would: classes, configuration and page in one directory, with
 * the class path of the demo but without Kafka and, unless the page on security adds it,
 * Spring Security, which the quickstart does not have.
 */
final class Quickstart {

	private static final String CHAT = "## A chat on two nodes";

	/**
	 * The demo's gateway is on the test's class path, and not on that of the quickstart.
	 */
	private static final List<String> WITHOUT_GATEWAY = List.of("spring.cloud.gateway.server.webflux.enabled=false",
			"spring.cloud.gateway.server.webflux.redis.enabled=false", "spring.cloud.discovery.enabled=false",
			"spring.cloud.loadbalancer.enabled=false");

	private final String text;

	private final String endpoint;

	private final String room;

	private final Path classes;

	private final ClassLoader classLoader;

	private final String mainClass;

	private Quickstart(String text, String endpoint, String room, Path classes, ClassLoader classLoader,
			String mainClass) {
		this.text = text;
		this.endpoint = endpoint;
		this.room = room;
		this.classes = classes;
		this.classLoader = classLoader;
		this.mainClass = mainClass;
	}

	static Quickstart build(Path page, Path directory) throws IOException {
		return build(page, directory, block(section(Files.readString(page), CHAT), "yaml"), List.of(), false);
	}

	/**
	 * Build the application with the log-in that another page adds to it.
	 * @param page the page on starting
	 * @param login the section of the page on security
	 * @param directory an empty directory
	 */
	static Quickstart buildWithLogin(Path page, String login, Path directory) throws IOException {
		String yaml = block(section(Files.readString(page), CHAT), "yaml");
		String changed = yaml.substring(0, yaml.indexOf("atmosphere:")) + block(login, "yaml");
		return build(page, directory, changed, blocks(login, "java"), true);
	}

	private static Quickstart build(Path page, Path directory, String yaml, List<String> further, boolean secured)
			throws IOException {
		String pageText = Files.readString(page);
		String text = section(pageText, CHAT);
		String endpoint = section(pageText, "## An endpoint");
		String room = section(pageText, "## A room with history and presence");
		Path classes = Files.createDirectories(directory.resolve("classes"));
		Files.writeString(classes.resolve("application.yml"), yaml);
		Path pages = Files.createDirectories(classes.resolve("static"));
		Files.writeString(pages.resolve("index.html"), block(text, "html"));
		Files.writeString(pages.resolve("room.html"), block(room, "html"));
		String java = block(text, "java");
		List<String> sources = new ArrayList<>(List.of(java, block(endpoint, "java")));
		sources.addAll(further);
		List<Path> files = new ArrayList<>();
		for (String source : sources) {
			Path file = directory.resolve(find(source, "(?m)^(?:public )?class (\\w+)") + ".java");
			files.add(Files.writeString(file, source));
		}
		compile(classes, files);
		return new Quickstart(text, endpoint, room, classes, new ApplicationClassLoader(classes, secured),
				find(java, "package ([\\w.]+);") + "." + find(java, "public class (\\w+)"));
	}

	/** From a heading to the next one of the same level. */
	static String section(String text, String heading) {
		int begin = text.indexOf(heading + "\n");
		assertThat(begin).as(heading).isNotNegative();
		return text.substring(begin, text.indexOf("\n" + heading.substring(0, heading.indexOf(' ') + 1), begin + 1));
	}

	/** The only block in a language. */
	static String block(String text, String language) {
		List<String> blocks = blocks(text, language);
		assertThat(blocks).as("blocks of " + language).hasSize(1);
		return blocks.get(0);
	}

	private static List<String> blocks(String text, String language) {
		return Pattern.compile("```" + language + "\\n(.*?)```", Pattern.DOTALL)
			.matcher(text)
			.results()
			.map((block) -> block.group(1))
			.toList();
	}

	static String find(String text, String pattern) {
		Matcher matcher = Pattern.compile(pattern).matcher(text);
		assertThat(matcher.find()).as(pattern).isTrue();
		return matcher.group(1);
	}

	private static void compile(Path classes, List<Path> sources) {
		JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
		String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
		List<String> args = new ArrayList<>(
				List.of("-proc:none", "-parameters", "-classpath", classPath, "-d", classes.toString()));
		for (Path source : sources) {
			args.add(source.toString());
		}
		int status = compiler.run(null, System.out, System.err, args.toArray(String[]::new));
		assertThat(status).as("exit status of the compiler").isZero();
	}

	String xml() {
		return block(this.text, "xml");
	}

	/** What is said to the endpoint and comes from it, and at which address. */
	List<String> conversation() {
		return block(this.endpoint, "text").lines().toList();
	}

	String endpointPath() {
		return find(this.endpoint, "`ws://localhost:8080(/\\S+)`");
	}

	/** Where the page of the room is, below a node. */
	String roomPath() {
		return find(this.room, "<http://localhost:8080(/\\S+)>");
	}

	String html() {
		return block(this.text, "html");
	}

	/** The lines of the commands that begin in a certain way. */
	List<String> commands(String beginning) {
		return block(this.text, "shell").lines().filter((line) -> line.startsWith(beginning)).toList();
	}

	/**
	 * Run the application's own main method.
	 * @param args its arguments
	 * @return the application
	 */
	ConfigurableApplicationContext run(List<String> args) {
		List<ConfigurableApplicationContext> contexts = new ArrayList<>();
		return inApplication((main) -> {
			SpringApplication.withHook((application) -> new SpringApplicationRunListener() {

				@Override
				public void contextLoaded(ConfigurableApplicationContext context) {
					contexts.add(context);
				}

			}, () -> invokeMain(main, withoutGateway(args)));
			return contexts.get(0);
		});
	}

	/**
	 * Run nodes of the application in the test kit, with its broker in memory.
	 * @param nodes how many
	 * @param properties further properties, each with its value
	 */
	RelayCluster runInTestKit(int nodes, String... properties) {
		return inApplication((main) -> {
			RelayCluster.Builder cluster = RelayCluster.of(main).nodes(nodes);
			WITHOUT_GATEWAY.forEach(cluster::property);
			List.of(properties).forEach(cluster::property);
			return cluster.start();
		});
	}

	private static List<String> withoutGateway(List<String> args) {
		return Stream.concat(WITHOUT_GATEWAY.stream().map((property) -> "--" + property), args.stream()).toList();
	}

	private <T> T inApplication(Function<Class<?>, T> starting) {
		Thread thread = Thread.currentThread();
		ClassLoader before = thread.getContextClassLoader();
		thread.setContextClassLoader(this.classLoader);
		try {
			return starting.apply(this.classLoader.loadClass(this.mainClass));
		}
		catch (ClassNotFoundException ex) {
			throw new IllegalStateException(ex);
		}
		finally {
			thread.setContextClassLoader(before);
		}
	}

	private static void invokeMain(Class<?> main, List<String> args) {
		try {
			main.getMethod("main", String[].class).invoke(null, (Object) args.toArray(String[]::new));
		}
		catch (ReflectiveOperationException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public String toString() {
		return this.mainClass + " in " + this.classes;
	}

	/**
	 * Looks into the application's own directory first, for its configuration and page
	 * not to be taken for the demo's.
	 */
	private static final class ApplicationClassLoader extends URLClassLoader {

		private static final List<String> KAFKA = List.of("org.springframework.kafka.",
				"org.springframework.boot.kafka.", "org.apache.kafka.");

		private static final List<String> SECURITY = List.of("org.springframework.security.",
				"org.springframework.boot.security.");

		private final boolean secured;

		ApplicationClassLoader(Path classes, boolean secured) throws IOException {
			super(new URL[] { classes.toUri().toURL() }, Quickstart.class.getClassLoader());
			this.secured = secured;
		}

		@Override
		protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
			if (KAFKA.stream().anyMatch(name::startsWith)
					|| (!this.secured && SECURITY.stream().anyMatch(name::startsWith))) {
				throw new ClassNotFoundException(name);
			}
			return super.loadClass(name, resolve);
		}

		@Override
		public URL getResource(String name) {
			URL own = findResource(name);
			return (own != null) ? own : super.getResource(name);
		}

	}

}
