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

package io.github.atmosphererelay;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Compares the list of public types in {@code src/docs/public-api.txt} with the code and
 * with the documentation.
 */
class PublicApiTests {

	private static final Path ROOT = Path.of("..", "..").toAbsolutePath().normalize();

	private static final String PACKAGE = "io.github.atmosphererelay.";

	private static final Pattern QUALIFIED = Pattern.compile("io\\.github\\.atmosphererelay(?:\\.[a-z]+)+\\.[A-Z]\\w*");

	/** What stands as code within a line. */
	private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");

	private static final Pattern NAME = Pattern.compile("\\b[A-Z]\\w*[a-z]\\w*\\b");

	/**
	 * Others' tests use the test kit and the contract as a whole; the benchmark is a
	 * program.
	 */
	private static final Set<String> OTHER_ARTIFACTS = Set.of(PACKAGE + "testkit.", PACKAGE + "contract.",
			PACKAGE + "test.", PACKAGE + "benchmark.");

	private static Set<String> listed;

	private static JavaClasses classes;

	@BeforeAll
	static void read() throws IOException {
		listed = new LinkedHashSet<>();
		for (String line : Files.readAllLines(ROOT.resolve("src/docs/public-api.txt"))) {
			if (line.startsWith(PACKAGE)) {
				assertThat(listed.add(line)).as(line + " once").isTrue();
			}
		}
		classes = new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests())
			.withImportOption((location) -> !location.contains("-tests.jar"))
			.importPackages(PACKAGE.substring(0, PACKAGE.length() - 1));
	}

	@Test
	void everyListedTypeIsThereAndPublic() {
		for (String name : listed) {
			assertThat(classes.contain(name)).as(name + " exists").isTrue();
			assertThat(classes.get(name).getModifiers()).as(name).contains(JavaModifier.PUBLIC);
		}
	}

	@Test
	void everyPublicTypeIsListedOrInternal() {
		Set<String> missing = new TreeSet<>();
		classes.stream()
			.filter((each) -> each.getModifiers().contains(JavaModifier.PUBLIC) && each.getEnclosingClass().isEmpty())
			.map(JavaClass::getName)
			.filter((name) -> !listed.contains(name) && !name.contains(".internal.")
					&& OTHER_ARTIFACTS.stream().noneMatch(name::startsWith))
			.forEach(missing::add);
		assertThat(missing).isEmpty();
	}

	/**
	 * The compiler forgets what only Javadoc names, such as an exception that the
	 * application is to throw.
	 */
	@Test
	void noListedTypeImportsAnInternalOne() throws IOException {
		Set<String> imports = new TreeSet<>();
		for (String name : listed) {
			if (name.startsWith(PACKAGE + "autoconfigure.")) {
				continue;
			}
			String module = name.startsWith(PACKAGE + "routing.") ? "routing" : name.startsWith(PACKAGE + "feed.")
					? "feeds" : name.startsWith(PACKAGE + "stream.") ? "streaming" : "core";
			Path source = ROOT
				.resolve("autoconfigure/" + module + "/src/main/java/" + name.replace('.', '/') + ".java");
			Files.readAllLines(source)
				.stream()
				.filter((line) -> line.startsWith("import " + PACKAGE) && line.contains(".internal."))
				.forEach((line) -> imports.add(line + " in " + name));
		}
		assertThat(imports).isEmpty();
	}

	@Test
	void noListedTypeSpeaksOfOneThatIsNotListed() {
		Set<String> missing = new TreeSet<>();
		for (String name : listed) {
			// Spring Boot calls these, an application only names them
			if (name.startsWith(PACKAGE + "autoconfigure.")) {
				continue;
			}
			for (JavaClass type : withNested(classes.get(name))) {
				spokenOf(type).filter((each) -> !isListed(each))
					.forEach((each) -> missing.add(outermost(each) + " (" + name + ")"));
			}
		}
		assertThat(missing).isEmpty();
	}

	@Test
	void theDocumentationNeedsNoOtherType() throws IOException {
		Set<String> missing = new TreeSet<>();
		for (Path page : pages()) {
			Matcher matcher = QUALIFIED.matcher(Files.readString(page));
			while (matcher.find()) {
				String type = matcher.group();
				if (!listed.contains(type) && OTHER_ARTIFACTS.stream().noneMatch(type::startsWith)) {
					missing.add(type + " in " + page.getFileName());
				}
			}
		}
		assertThat(missing).isEmpty();
	}

	/**
	 * Also by their simple names, as they stand in running text and in tables.
	 */
	@Test
	void theDocumentationNamesNoOtherType() throws IOException {
		Set<String> simple = new LinkedHashSet<>();
		listed.forEach((name) -> simple.add(name.substring(name.lastIndexOf('.') + 1)));
		Set<String> others = new TreeSet<>();
		classes.stream()
			.filter((type) -> OTHER_ARTIFACTS.stream().noneMatch(type.getName()::startsWith))
			// What configuration names and never calls
			.filter((type) -> !type.getPackageName().equals(PACKAGE + "autoconfigure"))
			.filter((type) -> type.getEnclosingClass().isEmpty() && !simple.contains(type.getSimpleName()))
			.forEach((type) -> others.add(type.getSimpleName()));
		Set<String> missing = new TreeSet<>();
		for (Path page : pages()) {
			if (page.getFileName().toString().startsWith("from-")) {
				// They name types of other products, too
				continue;
			}
			Matcher code = CODE.matcher(Files.readString(page));
			while (code.find()) {
				Matcher name = NAME.matcher(code.group(1));
				while (name.find()) {
					if (others.contains(name.group())) {
						missing.add(name.group() + " in " + page.getFileName());
					}
				}
			}
		}
		assertThat(missing).isEmpty();
	}

	private static List<Path> pages() throws IOException {
		List<Path> pages = new ArrayList<>(List.of(ROOT.resolve("README.md")));
		try (Stream<Path> docs = Files.list(ROOT.resolve("src/docs"))) {
			docs.filter((page) -> page.toString().endsWith(".md")).forEach(pages::add);
		}
		return pages;
	}

	private static List<JavaClass> withNested(JavaClass type) {
		return classes.stream()
			.filter((each) -> each.equals(type) || each.getName().startsWith(type.getName() + "$"))
			.filter((each) -> each.getModifiers().contains(JavaModifier.PUBLIC))
			.toList();
	}

	/**
	 * Return the types that callers of a type meet.
	 */
	private static Stream<JavaClass> spokenOf(JavaClass type) {
		Stream<JavaType> parents = Stream.concat(type.getSuperclass().stream(), type.getInterfaces().stream());
		Stream<JavaType> members = type.getMembers()
			.stream()
			.filter(PublicApiTests::isVisible)
			.flatMap(PublicApiTests::types);
		return Stream.concat(parents, members)
			.flatMap((each) -> each.getAllInvolvedRawTypes().stream())
			.map(JavaClass::getBaseComponentType)
			.filter((each) -> each.getName().startsWith(PACKAGE));
	}

	private static boolean isVisible(JavaMember member) {
		return member.getModifiers().contains(JavaModifier.PUBLIC)
				|| member.getModifiers().contains(JavaModifier.PROTECTED);
	}

	private static Stream<JavaType> types(JavaMember member) {
		return (member instanceof JavaCodeUnit unit)
				? Stream.concat(Stream.of(unit.getReturnType()), unit.getParameterTypes().stream())
				: Stream.of(((com.tngtech.archunit.core.domain.JavaField) member).getType());
	}

	private static boolean isListed(JavaClass type) {
		return listed.contains(outermost(type)) || !type.getModifiers().contains(JavaModifier.PUBLIC);
	}

	private static String outermost(JavaClass type) {
		int nested = type.getName().indexOf('$');
		return (nested < 0) ? type.getName() : type.getName().substring(0, nested);
	}

}
