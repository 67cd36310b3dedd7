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
 * Counts the sessions in channels on all nodes. It asks the other nodes that have this
 * endpoint, and answers their questions for this node. Safe for use by many threads.
 */
public final class ChannelCounts implements ClusterQuestionHandler {

	private static final String QUESTION = "atmosphere.actuator.channels";

	/**
	 * Maximum length of a node's answer, well below the maximum size of a message between
	 * nodes.
	 */
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
	 * @param timeout how long to wait for the answers of the other nodes
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
	 * Answer with one line for each channel, the channels with the most sessions first. A
	 * channel's name contains no whitespace or control characters, so nothing has to be
	 * escaped.
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
	 * Ask all nodes. Blocks until they have answered or the timeout is over.
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
	 * The channels that have sessions on any node.
	 *
	 * @param channels the channels with the most sessions over all nodes
	 * @param total the number of channels that were counted
	 * @param truncated whether a node had more channels than fit into its answer
	 * @param failed the nodes that could not answer, with the reasons
	 * @param unanswered the nodes that did not answer in time
	 */
	record ClusterChannels(List<ChannelDescriptor> channels, int total, boolean truncated, Map<UUID, String> failed,
			Set<UUID> unanswered) {
	}

}
