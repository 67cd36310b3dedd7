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

import java.lang.reflect.Proxy;
import java.net.URI;
import java.security.Principal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.atmosphererelay.gateway.internal.RingSource;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Ring;
import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.RingVersion;
import io.github.atmosphererelay.routing.Routes;
import reactor.core.publisher.Mono;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.web.server.WebFilter;

/**
 * An application on Spring Cloud Gateway, whose nodes stand in a ring with the weight 1.
 * One at a time: it ends Reactor's threads, which are the JVM's.
 */
final class TestGateway implements AutoCloseable {

	private final ConfigurableApplicationContext context;

	private TestGateway(ConfigurableApplicationContext context) {
		this.context = context;
	}

	static TestGateway start(List<TestBackend> nodes, List<TestBackend> others, String... args) {
		return start(new SpringApplication(Application.class), ports(nodes), ports(others), args);
	}

	/**
	 * Start a gateway with beans of its own.
	 */
	static TestGateway with(Class<?> beans, List<TestBackend> nodes, String... args) {
		return start(new SpringApplication(Application.class, beans), ports(nodes), Map.of(), args);
	}

	/**
	 * Start a gateway as properties alone say, which stand for the whole configuration.
	 */
	static TestGateway startAs(List<String> properties, List<TestBackend> nodes) {
		SpringApplication application = new SpringApplication(Application.class);
		application.setWebApplicationType(WebApplicationType.REACTIVE);
		List<String> all = new ArrayList<>(List.of("--server.port=0", "--spring.main.banner-mode=off",
				"--spring.main.register-shutdown-hook=false", "--spring.jmx.enabled=false", "--logging.level.root=WARN",
				"--atmosphere.relay.type=local",
				"--test.nodes=" + nodes.stream().map(TestBackend::name).collect(Collectors.joining(","))));
		all.addAll(instances("chat", ports(nodes)));
		properties.forEach((property) -> all.add("--" + property));
		return new TestGateway(application.run(all.toArray(String[]::new)));
	}

	/**
	 * Start a gateway as properties alone say, which has its ring and its nodes from
	 * them, too.
	 */
	static TestGateway startAlone(List<String> properties) {
		SpringApplication application = new SpringApplication(ApplicationWithRoutes.class);
		application.setWebApplicationType(WebApplicationType.REACTIVE);
		List<String> all = new ArrayList<>(List.of("--server.port=0", "--spring.main.banner-mode=off",
				"--spring.main.register-shutdown-hook=false", "--spring.jmx.enabled=false",
				"--logging.level.root=WARN"));
		properties.forEach((property) -> all.add("--" + property));
		return new TestGateway(application.run(all.toArray(String[]::new)));
	}

	private static Map<String, Integer> ports(List<TestBackend> backends) {
		return backends.stream().collect(Collectors.toMap(TestBackend::name, TestBackend::port));
	}

	/**
	 * Start a gateway that follows the ring of a bean.
	 * @param nodes the nodes' names and ports
	 */
	static TestGateway start(Routes routes, Map<String, Integer> nodes, String... args) {
		SpringApplication application = new SpringApplication(ApplicationWithRoutes.class);
		// Nothing else of the node that it belongs to
		Routes only = (Routes) Proxy.newProxyInstance(Routes.class.getClassLoader(), new Class<?>[] { Routes.class },
				(proxy, method, arguments) -> method.invoke(routes, arguments));
		application
			.addInitializers((context) -> ((GenericApplicationContext) context).registerBean(Routes.class, () -> only));
		return start(application, nodes, Map.of(), args);
	}

	/**
	 * Start a gateway that follows the ring as its properties say.
	 * @param nodes the nodes' names and ports
	 */
	static TestGateway following(Map<String, Integer> nodes, String... args) {
		return start(new SpringApplication(ApplicationWithRoutes.class, Principals.class), nodes, Map.of(), args);
	}

	/**
	 * Start a gateway that has its ring from a component.
	 * @param nodes the nodes' names and ports
	 */
	static TestGateway startWith(Class<?> source, Map<String, Integer> nodes, String... args) {
		return start(new SpringApplication(ApplicationWithRoutes.class, source), nodes, Map.of(), args);
	}

	private static TestGateway start(SpringApplication application, Map<String, Integer> nodes,
			Map<String, Integer> others, String... args) {
		application.setWebApplicationType(WebApplicationType.REACTIVE);
		String routes = "--spring.cloud.gateway.server.webflux.routes";
		List<String> all = new ArrayList<>(List.of("--server.port=0", "--spring.main.banner-mode=off",
				"--spring.main.register-shutdown-hook=false", "--spring.jmx.enabled=false",
				"--spring.application.name=gateway", "--server.shutdown=immediate", "--logging.level.root=WARN",
				"--atmosphere.gateway.service=chat",
				"--atmosphere.gateway.user-from=header:X-User,header:X-Second,principal,cookie:USER,path:user,claim:sub",
				"--atmosphere.gateway.lookup.enabled=true", routes + "[0].id=chat", routes + "[0].uri=lb://chat",
				routes + "[0].predicates[0]=Path=/atmosphere/**", routes + "[1].id=other",
				routes + "[1].uri=lb://other", routes + "[1].predicates[0]=Path=/other/**", routes + "[2].id=users",
				routes + "[2].uri=lb://chat", routes + "[2].predicates[0]=Path=/users/{user}/**",
				"--test.nodes=" + String.join(",", nodes.keySet())));
		all.addAll(instances("chat", nodes));
		all.addAll(instances("other", others));
		Stream.of(args).map((arg) -> "--" + arg).forEach(all::add);
		if (Stream.of(args).noneMatch((arg) -> arg.startsWith("atmosphere.relay.type="))) {
			all.add("--atmosphere.relay.type=local");
		}
		return new TestGateway(application.run(all.toArray(String[]::new)));
	}

	private static List<String> instances(String service, Map<String, Integer> ports) {
		List<String> properties = new ArrayList<>();
		int index = 0;
		for (Map.Entry<String, Integer> port : ports.entrySet()) {
			String prefix = "--spring.cloud.discovery.client.simple.instances." + service + "[" + index++ + "].";
			properties.add(prefix + "uri=http://127.0.0.1:" + port.getValue());
			properties.add(prefix + "metadata.atmosphere-node=" + port.getKey());
		}
		return properties;
	}

	<T> T bean(Class<T> type) {
		return this.context.getBean(type);
	}

	List<String> beans(String type) throws ClassNotFoundException {
		return List.of(this.context.getBeanNamesForType(Class.forName(type)));
	}

	int port() {
		return ((WebServerApplicationContext) this.context).getWebServer().getPort();
	}

	URI http(String path) {
		return URI.create("http://127.0.0.1:" + port() + path);
	}

	URI webSocket(String path) {
		return URI.create("ws://127.0.0.1:" + port() + path);
	}

	PublishedRing ring() {
		return this.context.getBean(RingSource.class).ring();
	}

	@Override
	public void close() {
		this.context.close();
	}

	/**
	 * A gateway that has no ring of its own.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class ApplicationWithRoutes {

	}

	/**
	 * The gateway, which knows the ring, and whose clients name their principals.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Principals.class)
	static class Application {

		@Bean
		RingSource ringSource(Environment environment) {
			Ring ring = Ring.of(Stream.of(environment.getRequiredProperty("test.nodes").split(","))
				.map((name) -> new RingMember(name, 1))
				.toList(), List.of("bot"));
			PublishedRing published = new PublishedRing(new RingVersion(1, 1, ring.digest()), ring);
			return () -> published;
		}

	}

	/**
	 * Lets clients name their principals.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Principals {

		@Bean
		WebFilter principals() {
			return (exchange, chain) -> {
				String name = exchange.getRequest().getHeaders().getFirst("X-Principal");
				Principal principal = () -> name;
				return chain
					.filter((name != null) ? exchange.mutate().principal(Mono.just(principal)).build() : exchange);
			};
		}

	}

}
