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

package io.github.atmosphererelay.actuate.internal;

import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.github.atmosphererelay.actuate.internal.AtmosphereEndpoint.ChannelDescriptor;
import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.cluster.ClusterAnswers;
import io.github.atmosphererelay.cluster.ClusterQuestionHandler;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.internal.SessionRegistry;

/**
 * Counts the sessions in channels over all nodes: asks the nodes that have this endpoint,
 * and answers for this one. Safe for use by many threads.
 */
public final class ChannelCounts implements ClusterQuestionHandler {

	private static final String QUESTION = "atmosphere.actuator.channels";

	/** What a node answers at most, well below the greatest message. */
	private static final int MAX_CHARACTERS = 128 * 1024;

	private static final String TRUNCATED = "truncated";

	private static final Comparator<ChannelDescriptor> LARGEST_FIRST = Comparator
		.comparingInt(ChannelDescriptor::sessions)
		.reversed()
		.thenComparing(ChannelDescriptor::name);

	private final SessionRegistry registry;

	private final Duration timeout;

	/**
	 * Create the counts.
	 * @param registry the sessions of this node
	 * @param timeout how long to wait for the answers of other nodes
	 */
	public ChannelCounts(SessionRegistry registry, Duration timeout) {
		this.registry = registry;
		this.timeout = timeout;
	}

	@Override
	public String question() {
		return QUESTION;
	}

	/**
	 * Answer with a line for each channel, those with most sessions first. A name has
	 * neither whitespace nor control characters, so nothing has to be escaped.
	 */
	@Override
	public CompletionStage<Payload> answer(UUID asker, Payload details) {
		StringBuilder answer = new StringBuilder();
		for (ChannelDescriptor channel : this.registry.channels()
			.stream()
			.map((name) -> new ChannelDescriptor(name, this.registry.countInChannel(name)))
			.filter((channel) -> channel.sessions() > 0)
			.sorted(LARGEST_FIRST)
			.toList()) {
			if (answer.length() > MAX_CHARACTERS) {
				answer.append(TRUNCATED).append('\n');
				break;
			}
			answer.append(channel.sessions()).append(' ').append(channel.name()).append('\n');
		}
		return CompletableFuture.completedFuture(Payload.text(answer.toString()));
	}

	/**
	 * Ask all nodes. Waits for their answers.
	 */
	ClusterChannels ask(Cluster cluster, int size) {
		ClusterAnswers<Payload> answers = cluster.ask(QUESTION, Payload.text(""), this.timeout).join();
		Map<String, Integer> counts = new HashMap<>();
		boolean truncated = false;
		for (Payload answer : answers.answers().values()) {
			for (String line : answer.asText().lines().toList()) {
				int space = line.indexOf(' ');
				if (space > 0) {
					counts.merge(line.substring(space + 1), Integer.parseInt(line.substring(0, space)), Integer::sum);
				}
				truncated |= line.equals(TRUNCATED);
			}
		}
		List<ChannelDescriptor> channels = counts.entrySet()
			.stream()
			.map((entry) -> new ChannelDescriptor(entry.getKey(), entry.getValue()))
			.sorted(LARGEST_FIRST)
			.limit(size)
			.toList();
		return new ClusterChannels(channels, counts.size(), truncated, answers.failed(), answers.unanswered());
	}

	/**
	 * Channels with sessions on any node.
	 *
	 * @param channels those with most sessions, on all nodes
	 * @param total how many channels were counted
	 * @param truncated whether a node has more channels than it could tell
	 * @param failed the nodes that could not answer, and why
	 * @param unanswered the nodes of which no answer came
	 */
	record ClusterChannels(List<ChannelDescriptor> channels, int total, boolean truncated, Map<UUID, String> failed,
			Set<UUID> unanswered) {
	}

}
