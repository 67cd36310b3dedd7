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

package io.github.atmosphererelay.cluster;

import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.test.UsersByParameter;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.EventListener;

/**
 * What the application of a node adds in these tests: a user named by the handshake's
 * parameter, answers to questions, and a memory for events.
 */
@Configuration(proxyBeanMethods = false)
@Import(UsersByParameter.class)
class NodeApplication {

	@Bean
	Events events() {
		return new Events();
	}

	@Bean
	ClusterQuestionHandler nameQuestion(Cluster cluster) {
		return question("name", (details) -> Payload.text(cluster.self().name() + details.asText()));
	}

	@Bean
	ClusterQuestionHandler brokenQuestion() {
		return question("broken", (details) -> {
			throw new IllegalStateException("no idea");
		});
	}

	@Bean
	ClusterQuestionHandler largeQuestion(Cluster cluster) {
		return question("large",
				(details) -> Payload.binary(new byte[cluster.self().name().equals("node-a") ? 100 : 70_000]));
	}

	private static ClusterQuestionHandler question(String name, UnaryOperator<Payload> answer) {
		return new ClusterQuestionHandler() {

			@Override
			public String question() {
				return name;
			}

			@Override
			public CompletableFuture<Payload> answer(UUID asker, Payload details) {
				return CompletableFuture.completedFuture(answer.apply(details));
			}

		};
	}

	/**
	 * Keeps what the application is told of other nodes.
	 */
	static class Events {

		private final List<String> seen = new CopyOnWriteArrayList<>();

		@EventListener
		void on(NodeJoined event) {
			this.seen.add("joined " + event.node().name());
		}

		@EventListener
		void on(NodeLeft event) {
			this.seen.add(event.reason() + " " + event.node().name());
		}

		List<String> seen() {
			return this.seen;
		}

	}

}
