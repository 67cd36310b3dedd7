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

import java.lang.annotation.Annotation;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Holds the list of known faults to the tests.
 */
class KnownFaultTests {

	@Test
	void everyKnownFaultHasATestThatRuns() {
		JavaClasses tests = new ClassFileImporter().withImportOption(new ImportOption.OnlyIncludeTests())
			.importPackages("io.github.atmosphererelay");
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

	private static boolean isTest(JavaMethod method, Class<? extends Annotation> type) {
		return method.isAnnotatedWith(type);
	}

}
