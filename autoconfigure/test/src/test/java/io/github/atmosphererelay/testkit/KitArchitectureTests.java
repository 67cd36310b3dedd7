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

package io.github.atmosphererelay.testkit;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.github.atmosphererelay.node.internal.MessagingNode;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

/**
 * What the kit may know: no test framework, so that it goes with any, and nothing of the
 * library's own test support, which is not published.
 */
@AnalyzeClasses(packages = "io.github.atmosphererelay.testkit", importOptions = ImportOption.DoNotIncludeTests.class)
class KitArchitectureTests {

	@ArchTest
	static final ArchRule theKitKnowsSpringAndTheLibraryAlone = classes().should()
		.onlyDependOnClassesThat()
		.resideInAnyPackage("java..", "org.jspecify..", "org.springframework.boot",
				"org.springframework.boot.autoconfigure..", "org.springframework.beans..",
				"org.springframework.context..", "org.springframework.core..", "org.springframework.util..",
				"io.github.atmosphererelay.testkit", "io.github.atmosphererelay.autoconfigure",
				"io.github.atmosphererelay.broadcast..", "io.github.atmosphererelay.channel..",
				"io.github.atmosphererelay.node..", "io.github.atmosphererelay.session..",
				"io.github.atmosphererelay.relay..", "io.github.atmosphererelay.message..",
				"io.github.atmosphererelay.guard..");

	@ArchTest
	static final ArchRule theNodeIsKnownInOnePlace = noClasses().that()
		.doNotHaveSimpleName("ApplicationNode")
		.should()
		.dependOnClassesThat()
		.areAssignableTo(MessagingNode.class);

	@ArchTest
	static final ArchRule nobodySleeps = noClasses().should()
		.callMethodWhere(DescribedPredicate.describe("Thread.sleep is called",
				(call) -> call.getTargetOwner().isEquivalentTo(Thread.class) && call.getName().equals("sleep")))
		.because("waiting is for conditions and fences");

}
