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
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Makes classes of blocks of Java: of whole files as they are, and of classes, methods
 * and statements by putting around them what a reader supplies. What they may name of the
 * library without a package is what {@code src/docs/public-api.txt} lists.
 */
final class JavaBlocks {

	private static final List<String> PACKAGES = List.of("java.security", "java.time", "java.util",
			"java.util.concurrent", "jakarta.servlet.http", "jakarta.validation.constraints",
			"org.springframework.context.annotation", "org.springframework.context.event",
			"org.springframework.messaging.handler.annotation", "org.springframework.messaging.simp",
			"org.springframework.messaging.simp.config", "org.springframework.security.config",
			"org.springframework.security.config.annotation.web.builders", "org.springframework.security.web",
			"org.springframework.session.data.redis.config.annotation.web.http", "org.springframework.stereotype",
			"org.springframework.web.bind.annotation", "org.springframework.web.socket.config.annotation");

	private static final Pattern PACKAGE = Pattern.compile("(?m)^package ([\\w.]+);");

	private static final Pattern TYPE = Pattern
		.compile("(?m)^(?:public |final |abstract )*(?:class|record|interface|enum) (\\w+)");

	private static final Pattern METHOD = Pattern.compile("(?m)^[\\w<>., ]+ \\w+\\([^;]*\\) \\{$");

	private final Path directory;

	private final String imports;

	private final List<Path> files = new ArrayList<>();

	private final Map<String, String> types = new LinkedHashMap<>();

	JavaBlocks(Path directory) throws IOException {
		this.directory = directory;
		StringBuilder imports = new StringBuilder();
		PACKAGES.forEach((each) -> imports.append("import ").append(each).append(".*;\n"));
		imports.append("import jakarta.validation.Valid;\nimport org.jspecify.annotations.Nullable;\n");
		for (String line : Files.readAllLines(DocumentationPage.FOLDER.resolve("public-api.txt"))) {
			if (line.startsWith("io.")) {
				imports.append("import ").append(line).append(";\n");
			}
		}
		this.imports = imports.toString();
	}

	void add(DocumentationPage.Block block) {
		String code = block.code();
		int number = this.files.size();
		List<String> named = TYPE.matcher(code).results().map((MatchResult type) -> type.group(1)).toList();
		Matcher inPackage = PACKAGE.matcher(code);
		if (inPackage.find()) {
			write(block, named.get(0), code);
			named.forEach((name) -> this.types.put(inPackage.group(1) + "." + name, block.page().name()));
			return;
		}
		String header = "package block" + number + ";\n" + this.imports;
		String given = (block.given() != null) ? block.given() : "";
		boolean methods = METHOD.matcher(code).find();
		if (!named.isEmpty() && !methods) {
			write(block, "Block", header + given + "\n" + code);
			named.forEach((name) -> this.types.put("block" + number + "." + name, block.page().name()));
		}
		else if (methods) {
			write(block, "Block", header + "class Block {\n" + given + "\n" + code + "}\n");
		}
		else {
			write(block, "Block",
					header + "class Block {\n" + given + "\nvoid run() throws Exception {\n" + code + "}\n}\n");
		}
	}

	private void write(DocumentationPage.Block block, String name, String source) {
		try {
			// The compiler names the file in its messages
			String folder = "%s-line-%d".formatted(block.page().path().getFileName(), block.line());
			Path file = Files.createDirectories(this.directory.resolve(folder)).resolve(name + ".java");
			this.files.add(Files.writeString(file, source));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	int count() {
		return this.files.size();
	}

	/**
	 * Return the classes that blocks show, by name, each with the page that shows it.
	 */
	Map<String, String> types() {
		return this.types;
	}

	/**
	 * Compile everything that was added.
	 * @return where the classes are
	 */
	Path compile() throws IOException {
		Path classes = Files.createDirectories(this.directory.resolve("classes"));
		String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
		List<String> args = new ArrayList<>(
				List.of("-proc:none", "-parameters", "-nowarn", "-classpath", classPath, "-d", classes.toString()));
		this.files.forEach((file) -> args.add(file.toString()));
		JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
		assertThat(compiler.run(null, System.out, System.err, args.toArray(String[]::new)))
			.as("exit status of the compiler")
			.isZero();
		return classes;
	}

}
