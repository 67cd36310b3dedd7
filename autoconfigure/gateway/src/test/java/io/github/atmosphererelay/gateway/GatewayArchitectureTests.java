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

package io.github.atmosphererelay.gateway;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

/**
 * What the gateway may know: an application on WebFlux has no servlet API, and perhaps
 * neither Redis nor Kafka.
 */
@AnalyzeClasses(packages = { "io.github.atmosphererelay.gateway", "io.github.atmosphererelay.routing" },
		importOptions = ImportOption.DoNotIncludeTests.class)
class GatewayArchitectureTests {

	@ArchTest
	static final ArchRule itAndRoutingKnowNoServlets = noClasses().should()
		.dependOnClassesThat()
		.resideInAnyPackage("jakarta.servlet..", "jakarta.websocket..", "org.springframework.web.servlet..");

	@ArchTest
	static final ArchRule onlyTheConfigurationOfTheRingsSourceKnowsRedis = noClasses().that()
		.haveNameNotMatching(".*FromRedis.*")
		.should()
		.dependOnClassesThat()
		.resideInAnyPackage("org.springframework.data.redis..", "org.apache.kafka..",
				"io.github.atmosphererelay.relay..");

}
