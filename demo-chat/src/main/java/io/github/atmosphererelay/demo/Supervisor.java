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

package io.github.atmosphererelay.demo;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpStatus;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.stereotype.Component;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;
import org.springframework.web.client.RestClientResponseException;

/**
 * The program that has started this node, as {@code demo-chat-cluster.jar} does: it knows
 * the nodes that do not run, and starts and stops them. A node that was started by itself
 * has none.
 */
@Component
class Supervisor {

	private static final Duration TIMEOUT = Duration.ofSeconds(2);

	private final @Nullable RestClient client;

	Supervisor(DemoProperties properties) {
		DemoProperties.Supervisor supervisor = properties.supervisor();
		this.client = (supervisor.url() != null) ? client(supervisor.url(), supervisor.token()) : null;
	}

	private static RestClient client(String url, String token) {
		JdkClientHttpRequestFactory requests = new JdkClientHttpRequestFactory(
				HttpClient.newBuilder().connectTimeout(TIMEOUT).build());
		requests.setReadTimeout(TIMEOUT);
		return RestClient.builder()
			.baseUrl(url)
			.requestFactory(requests)
			.defaultHeaders((headers) -> headers.setBearerAuth(token))
			.build();
	}

	boolean isPresent() {
		return this.client != null;
	}

	/**
	 * Return the nodes that it looks after, whether they run or not.
	 * @return the nodes in order, none if it does not answer
	 */
	List<SupervisedNode> nodes() {
		if (this.client == null) {
			return List.of();
		}
		try {
			return Arrays.asList(
					Objects.requireNonNull(this.client.get().uri("/nodes").retrieve().body(SupervisedNode[].class)));
		}
		catch (RestClientException ex) {
			return List.of();
		}
	}

	/**
	 * Have it start or stop a node. Returns before that is done.
	 * @param node the node's name
	 * @param command {@code start}, {@code stop} or {@code kill}
	 * @return {@code ACCEPTED}, or why not
	 */
	HttpStatus command(String node, String command) {
		if (this.client == null) {
			return HttpStatus.NOT_FOUND;
		}
		try {
			this.client.post().uri("/nodes/{node}/{command}", node, command).retrieve().toBodilessEntity();
			return HttpStatus.ACCEPTED;
		}
		catch (RestClientResponseException ex) {
			return Objects.requireNonNullElse(HttpStatus.resolve(ex.getStatusCode().value()), HttpStatus.BAD_GATEWAY);
		}
		catch (RestClientException ex) {
			return HttpStatus.BAD_GATEWAY;
		}
	}

	/**
	 * A node that it looks after.
	 *
	 * @param name the node's name in the cluster
	 * @param url where a browser finds it
	 * @param state {@code starting}, {@code running}, {@code stopping} or {@code stopped}
	 * @param pid its process, while there is one
	 */
	record SupervisedNode(String name, String url, String state, @Nullable Long pid) {

	}

}
