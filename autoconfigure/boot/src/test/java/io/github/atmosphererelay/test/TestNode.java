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

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.endpoint.internal.GroupListeners;
import io.github.atmosphererelay.group.internal.GroupRunners;
import io.github.atmosphererelay.node.internal.MessagingNode;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/**
 * A node: an application with the library, on a port of its own. Several make a cluster
 * within one JVM.
 */
public final class TestNode implements AutoCloseable {

	private final ConfigurableApplicationContext context;

	private TestNode(ConfigurableApplicationContext context) {
		this.context = context;
	}

	/**
	 * Start a node on Tomcat with the local relay, unless the arguments say otherwise.
	 * @param args properties such as {@code atmosphere.relay.type=redis}
	 * @return the node
	 */
	public static TestNode start(String... args) {
		return start(List.of(), args);
	}

	public static TestNode start(List<Class<?>> configuration, String... args) {
		return start(null, configuration, args);
	}

	/**
	 * Start a node below another context.
	 */
	public static TestNode start(@Nullable ApplicationContext parent, List<Class<?>> configuration, String... args) {
		List<Class<?>> sources = new ArrayList<>(configuration);
		sources.add(Application.class);
		SpringApplication application = new SpringApplication(sources.toArray(Class<?>[]::new));
		List<String> all = new ArrayList<>(List.of("--spring.main.banner-mode=off",
				"--spring.main.register-shutdown-hook=false", "--spring.jmx.enabled=false",
				"--spring.application.name=test", "--logging.level.root=WARN",
				"--management.endpoints.web.exposure.include=*", "--management.endpoint.health.show-details=always"));
		for (String each : List.of("server.port=0", "atmosphere.relay.type=local")) {
			String name = each.substring(0, each.indexOf('=') + 1);
			if (List.of(args).stream().noneMatch((arg) -> arg.startsWith(name))) {
				all.add("--" + each);
			}
		}
		for (String arg : args) {
			all.add("--" + arg);
		}
		if (parent != null) {
			application.addInitializers((context) -> context.setParent(parent));
		}
		return new TestNode(application.run(all.toArray(String[]::new)));
	}

	/**
	 * Arguments that put a node on Jetty.
	 */
	public static String onJetty() {
		return "spring.autoconfigure.exclude="
				+ "org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration";
	}

	public int port() {
		return ((WebServerApplicationContext) this.context).getWebServer().getPort();
	}

	public URI uri(String channelAndQuery) {
		return URI.create("ws://localhost:" + port() + "/atmosphere/" + channelAndQuery);
	}

	public URI http(String path) {
		return URI.create("http://localhost:" + port() + path);
	}

	public TestClient connect(String channelAndQuery) {
		return TestClient.connect(uri(channelAndQuery));
	}

	/**
	 * Wait until the relay's probe has come back. A message that is published before may
	 * stay on the node, or cannot be recorded.
	 * @return this node
	 */
	public TestNode awaitUp() {
		MachineTime.await(Duration.ofSeconds(30)).until(() -> messaging().monitor().isUp());
		return this;
	}

	/**
	 * Wait until the node has joined its groups. A new group begins with what is
	 * published after that.
	 * @return this node
	 */
	public TestNode awaitGroups() {
		GroupRunners groups = bean(GroupListeners.class).runners();
		MachineTime.await(Duration.ofSeconds(30))
			.until(() -> groups.all().stream().noneMatch((group) -> group.describe().lanes().isEmpty()));
		return this;
	}

	public Broadcaster broadcaster() {
		return this.context.getBean(Broadcaster.class);
	}

	public MessagingNode messaging() {
		return this.context.getBean(MessagingNode.class);
	}

	public <T> T bean(Class<T> type) {
		return this.context.getBean(type);
	}

	public ConfigurableApplicationContext context() {
		return this.context;
	}

	@Override
	public void close() {
		this.context.close();
	}

	/**
	 * The application: nothing but auto-configuration, and not that of Spring Security or
	 * of a database, which tests that want it import.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration(excludeName = { "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.SecurityAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.UserDetailsServiceAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration",
			"org.springframework.boot.security.oauth2.server.resource.autoconfigure.OAuth2ResourceServerAutoConfiguration",
			"org.springframework.boot.security.oauth2.server.resource.autoconfigure.web.OAuth2ResourceServerWebSecurityAutoConfiguration" })
	static class Application {

		/**
		 * The pool of an application whose arguments name a database. It has no
		 * connection while nobody uses one.
		 */
		@Bean
		@ConditionalOnProperty("spring.datasource.url")
		DataSource dataSource(Environment environment) {
			HikariDataSource pool = new HikariDataSource();
			pool.setJdbcUrl(environment.getRequiredProperty("spring.datasource.url"));
			pool.setUsername(environment.getProperty("spring.datasource.username"));
			pool.setPassword(environment.getProperty("spring.datasource.password"));
			pool.setMinimumIdle(0);
			return pool;
		}

	}

}
