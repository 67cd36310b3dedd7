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

package io.github.atmosphererelay.listening.internal;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.github.atmosphererelay.broadcast.internal.DefaultBroadcaster;
import io.github.atmosphererelay.broadcast.internal.RecentChannels;
import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.cluster.ClusterAnswers;
import io.github.atmosphererelay.cluster.ClusterQuestionHandler;
import io.github.atmosphererelay.message.Payload;

/**
 * The question in which recorded channels nodes have published recently, and this node's
 * answer.
 */
public final class RecentChannelsQuestion implements ClusterQuestionHandler {

	private static final String QUESTION = "atmosphere.recent-channels";

	private static final Duration TIMEOUT = Duration.ofSeconds(5);

	private final DefaultBroadcaster broadcaster;

	/**
	 * Create an instance.
	 * @param broadcaster publishes this node's messages
	 */
	public RecentChannelsQuestion(DefaultBroadcaster broadcaster) {
		this.broadcaster = broadcaster;
	}

	/**
	 * Ask all nodes.
	 * @param cluster passes the question on
	 * @param age how far to look back
	 * @return completes with the answers of all nodes that have answered
	 */
	public static CompletableFuture<RecentAnswers> ask(Cluster cluster, Duration age) {
		return cluster.ask(QUESTION, Payload.text(Long.toString(age.toMillis())), TIMEOUT)
			.thenApply(RecentChannelsQuestion::merge);
	}

	private static RecentAnswers merge(ClusterAnswers<Payload> answers) {
		List<RecentChannels> nodes = answers.answers()
			.values()
			.stream()
			.map((answer) -> RecentChannels.of(answer.asText()))
			.toList();
		return new RecentAnswers(RecentChannels.merge(nodes, answers.isComplete()), answers.answers().keySet());
	}

	@Override
	public String question() {
		return QUESTION;
	}

	@Override
	public CompletionStage<Payload> answer(UUID asker, Payload details) {
		Duration age = Duration.ofMillis(Long.parseLong(details.asText()));
		return CompletableFuture.completedFuture(Payload.text(this.broadcaster.recentChannels(age).toText()));
	}

}
