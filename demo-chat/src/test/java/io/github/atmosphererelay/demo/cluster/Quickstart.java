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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringApplicationRunListener;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The application that the page on starting makes, out of its own blocks of code, and
 * built as a user's build would: classes, configuration and page in one directory, with
 * the class path of the demo but without Kafka and Spring Security, which the quickstart
 * does not have.
 */
final class Quickstart {

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
		String pageText = Files.readString(page);
		String text = section(pageText, "## A chat on two nodes");
		String endpoint = section(pageText, "## An endpoint");
		String room = section(pageText, "## A room with history and presence");
		Path classes = Files.createDirectories(directory.resolve("classes"));
		Files.writeString(classes.resolve("application.yml"), block(text, "yaml"));
		Path pages = Files.createDirectories(classes.resolve("static"));
		Files.writeString(pages.resolve("index.html"), block(text, "html"));
		Files.writeString(pages.resolve("room.html"), block(room, "html"));
		String java = block(text, "java");
		String name = find(java, "public class (\\w+)");
		Path source = directory.resolve(name + ".java");
		Files.writeString(source, java);
		Path endpointSource = directory.resolve("Rooms.java");
		Files.writeString(endpointSource, block(endpoint, "java"));
		compile(classes, source, endpointSource);
		return new Quickstart(text, endpoint, room, classes, new ApplicationClassLoader(classes),
				find(java, "package ([\\w.]+);") + "." + name);
	}

	/** From a heading to the next one of the same level. */
	private static String section(String text, String heading) {
		int begin = text.indexOf(heading + "\n");
		assertThat(begin).as(heading).isNotNegative();
		return text.substring(begin, text.indexOf("\n## ", begin + 1));
	}

	/** The only block in a language. */
	private static String block(String text, String language) {
		Matcher matcher = Pattern.compile("```" + language + "\\n(.*?)```", Pattern.DOTALL).matcher(text);
		assertThat(matcher.find()).as(language).isTrue();
		String block = matcher.group(1);
		assertThat(matcher.find()).as("a second block of " + language).isFalse();
		return block;
	}

	static String find(String text, String pattern) {
		Matcher matcher = Pattern.compile(pattern).matcher(text);
		assertThat(matcher.find()).as(pattern).isTrue();
		return matcher.group(1);
	}

	private static void compile(Path classes, Path... sources) {
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
		Thread thread = Thread.currentThread();
		ClassLoader before = thread.getContextClassLoader();
		thread.setContextClassLoader(this.classLoader);
		try {
			Class<?> main = this.classLoader.loadClass(this.mainClass);
			SpringApplication.withHook((application) -> new SpringApplicationRunListener() {

				@Override
				public void contextLoaded(ConfigurableApplicationContext context) {
					contexts.add(context);
				}

			}, () -> invokeMain(main, args));
			return contexts.get(0);
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

		private static final List<String> LEFT_OUT = List.of("org.springframework.kafka.",
				"org.springframework.boot.kafka.", "org.apache.kafka.", "org.springframework.security.",
				"org.springframework.boot.security.");

		ApplicationClassLoader(Path classes) throws IOException {
			super(new URL[] { classes.toUri().toURL() }, Quickstart.class.getClassLoader());
		}

		@Override
		protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
			if (LEFT_OUT.stream().anyMatch(name::startsWith)) {
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
