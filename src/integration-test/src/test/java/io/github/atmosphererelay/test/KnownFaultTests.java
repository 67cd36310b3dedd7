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

package io.github.atmosphererelay.test;

import java.io.IOException;
import java.lang.annotation.Annotation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Holds the list of known faults to the tests.
 */
class KnownFaultTests {

	@Test
	void everyKnownFaultHasATestThatRuns() throws IOException {
		JavaClasses tests = new ClassFileImporter().importPaths(testClasses());
		Set<KnownFault> covered = EnumSet.noneOf(KnownFault.class);
		tests.stream()
			.flatMap((type) -> type.getMethods().stream())
			.filter((method) -> method.isAnnotatedWith(Covers.class))
			.forEach((method) -> {
				assertThat(isTest(method, Test.class) || isTest(method, ParameterizedTest.class))
					.as("%s is a test", method.getFullName())
					.isTrue();
				covered.addAll(Arrays.asList(method.getAnnotationOfType(Covers.class).value()));
			});
		assertThat(covered).containsExactlyInAnyOrder(KnownFault.values());
	}

	/**
	 * Return where the tests of all modules are.
	 */
	private static List<Path> testClasses() throws IOException {
		Path root = Path.of("..", "..");
		try (Stream<Path> modules = Stream.concat(Files.list(root.resolve("autoconfigure")),
				Stream.of(root.resolve("src/integration-test"), root.resolve("demo-chat")))) {
			return Stream
				.concat(modules.map((module) -> module.resolve(Path.of("target", "test-classes"))),
						Stream.of(root.resolve(Path.of("autoconfigure", "contract", "target", "classes"))))
				.filter(Files::isDirectory)
				.toList();
		}
	}

	private static boolean isTest(JavaMethod method, Class<? extends Annotation> type) {
		return method.isAnnotatedWith(type);
	}

}
