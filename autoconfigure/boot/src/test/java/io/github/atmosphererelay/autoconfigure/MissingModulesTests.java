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

package io.github.atmosphererelay.autoconfigure;

import java.util.stream.Stream;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.local.internal.LocalRelay;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.web.server.reactive.context.AnnotationConfigReactiveWebServerApplicationContext;
import org.springframework.boot.webflux.autoconfigure.HttpHandlerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Applications that leave out modules of the library, or what these are for.
 */
class MissingModulesTests {

	private static final String LIBRARY = "io.github.atmosphererelay.";

	private static final String[] PROPERTIES = { "atmosphere.channels[0].pattern=chat/**",
			"atmosphere.relay.type=local", "atmosphere.durable-sessions.enabled=true", "atmosphere.api.enabled=true",
			"atmosphere.console.enabled=true" };

	static AutoConfigurations all(Class<?>... further) {
		Stream<Class<?>> own = ImportCandidates
			.load(AutoConfiguration.class, MissingModulesTests.class.getClassLoader())
			.getCandidates()
			.stream()
			.filter((name) -> name.startsWith(LIBRARY))
			.map(MissingModulesTests::type);
		return AutoConfigurations.of(Stream.concat(own, Stream.of(further)).toArray(Class[]::new));
	}

	private static Class<?> type(String name) {
		try {
			return Class.forName(name);
		}
		catch (ClassNotFoundException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "relay.redis,durable.redis", "relay.kafka", "durable.jdbc", "transport,door,http,resource",
			"relay.redis,durable.redis,relay.kafka,durable.jdbc,transport,door,http,resource" })
	void anApplicationStartsWithoutAModule(String packages) {
		String[] names = Stream.of(packages.split(",")).map((name) -> LIBRARY + name).toArray(String[]::new);
		new ApplicationContextRunner().withConfiguration(all())
			.withClassLoader(new FilteredClassLoader(names))
			.withPropertyValues(PROPERTIES)
			.run(MissingModulesTests::publishes);
	}

	/**
	 * A node that only publishes, with the configuration of all others.
	 */
	@Test
	void aWebApplicationStartsWithoutTheModuleForTheWeb() {
		new WebApplicationContextRunner().withConfiguration(all())
			.withClassLoader(new FilteredClassLoader(LIBRARY + "transport", LIBRARY + "door", LIBRARY + "http",
					LIBRARY + "resource"))
			.withPropertyValues(PROPERTIES)
			.run(MissingModulesTests::publishes);
	}

	@Test
	void anApplicationWithWebFluxAlonePublishes() {
		new ReactiveWebApplicationContextRunner(AnnotationConfigReactiveWebServerApplicationContext::new)
			.withConfiguration(all(NettyReactiveWebServerAutoConfiguration.class, HttpHandlerAutoConfiguration.class,
					WebFluxAutoConfiguration.class))
			.withClassLoader(new FilteredClassLoader(LIBRARY + "transport", LIBRARY + "door", LIBRARY + "http",
					LIBRARY + "resource", "jakarta.servlet", "jakarta.websocket", "org.springframework.web.servlet",
					"org.springframework.web.socket", "org.apache.catalina", "org.apache.coyote", "org.eclipse.jetty"))
			.withPropertyValues(PROPERTIES)
			.withPropertyValues("server.port=0")
			.run(MissingModulesTests::publishes);
	}

	private static void publishes(ApplicationContext context) {
		assertThat(context.getBean(LocalRelay.class)).isNotNull();
		assertThat(context.getBean(Broadcaster.class).broadcast("chat/lobby", "text").join().outcome())
			.isEqualTo(Outcome.LOCAL_ONLY);
	}

}
