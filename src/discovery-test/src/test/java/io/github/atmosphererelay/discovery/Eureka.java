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

package io.github.atmosphererelay.discovery;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;

import io.github.atmosphererelay.contract.broker.Ports;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.cloud.netflix.eureka.server.EnableEurekaServer;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * A Eureka server in this JVM. A node that has registered is in its answers at once,
 * because it caches none.
 */
final class Eureka implements AutoCloseable {

	private final int port;

	private final ConfigurableApplicationContext context;

	Eureka() {
		this(Ports.free());
	}

	/**
	 * Start a server on a port, which knows nobody.
	 */
	Eureka(int port) {
		this.port = port;
		SpringApplication application = new SpringApplication(Server.class);
		this.context = application.run("--server.port=" + this.port, "--spring.main.banner-mode=off",
				"--spring.main.register-shutdown-hook=false", "--spring.application.name=eureka",
				"--atmosphere.enabled=false", "--logging.level.root=WARN", "--eureka.client.register-with-eureka=false",
				"--eureka.client.fetch-registry=false",
				"--eureka.client.service-url.defaultZone=http://localhost:" + this.port + "/eureka/",
				"--eureka.server.use-read-only-response-cache=false", "--logging.level.com.netflix=OFF",
				"--eureka.server.wait-time-in-ms-when-sync-empty=0");
	}

	int port() {
		return this.port;
	}

	/**
	 * Take an instance out of the answers, as an operator does it. The instance goes on.
	 */
	void takeOutOfService(String instance) throws IOException, InterruptedException {
		HttpRequest request = HttpRequest
			.newBuilder(URI.create(
					"http://localhost:" + this.port + "/eureka/apps/TEST/" + instance + "/status?value=OUT_OF_SERVICE"))
			.PUT(HttpRequest.BodyPublishers.noBody())
			.build();
		int status = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
		if (status != 200) {
			throw new IllegalStateException("Eureka has answered with " + status);
		}
	}

	/**
	 * Return the properties of an application that registers with this server.
	 */
	List<String> properties() {
		return List.of("eureka.client.service-url.defaultZone=http://localhost:" + this.port + "/eureka/",
				"eureka.client.jersey.enabled=false", "logging.level.com.netflix=OFF",
				"eureka.client.eureka-server-connect-timeout-seconds=1",
				"eureka.client.registry-fetch-interval-seconds=1",
				"eureka.client.initial-instance-info-replication-interval-seconds=0",
				"eureka.instance.lease-renewal-interval-in-seconds=1", "eureka.instance.hostname=localhost");
	}

	@Override
	public void close() {
		this.context.close();
	}

	/**
	 * The server.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration(excludeName = "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration")
	@EnableEurekaServer
	static class Server {

	}

}
