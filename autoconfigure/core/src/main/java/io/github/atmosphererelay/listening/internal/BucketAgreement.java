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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.cluster.ClusterAnswers;
import io.github.atmosphererelay.cluster.ClusterNode;
import io.github.atmosphererelay.cluster.ClusterQuestionHandler;
import io.github.atmosphererelay.message.Payload;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Asks each other node once how many buckets its channels have, and compares the answer
 * with this node's. A node without buckets asks nobody. For any thread; does not block.
 */
public final class BucketAgreement implements ClusterQuestionHandler {

	private static final Log logger = LogFactory.getLog(BucketAgreement.class);

	private static final String QUESTION = "atmosphere.channel-buckets";

	private static final Duration TIMEOUT = Duration.ofSeconds(5);

	private static final int MAX_TEXT = 50_000;

	private final ChannelCatalog catalog;

	/** The nodes that have answered. */
	private final Set<UUID> compared = ConcurrentHashMap.newKeySet();

	/** What is different, by node. */
	private final Map<UUID, String> differences = new ConcurrentHashMap<>();

	private volatile boolean asking;

	/**
	 * Create an instance.
	 * @param catalog the channels of this node
	 */
	public BucketAgreement(ChannelCatalog catalog) {
		this.catalog = catalog;
	}

	@Override
	public String question() {
		return QUESTION;
	}

	@Override
	public CompletionStage<Payload> answer(UUID asker, Payload details) {
		String text = buckets().entrySet()
			.stream()
			.map((entry) -> entry.getValue() + " " + entry.getKey())
			.collect(Collectors.joining("\n"));
		return (text.length() <= MAX_TEXT) ? CompletableFuture.completedFuture(Payload.text(text))
				: CompletableFuture.failedFuture(new IllegalStateException("there are too many patterns"));
	}

	/**
	 * Return the number of buckets by pattern, in the order in which patterns are tried.
	 */
	private Map<String, Integer> buckets() {
		Map<String, Integer> buckets = new LinkedHashMap<>();
		for (ChannelOptions options : this.catalog.all()) {
			if (options.buckets() > 0) {
				buckets.putIfAbsent(options.pattern(), options.buckets());
			}
		}
		return buckets;
	}

	/**
	 * Ask the nodes that have not been asked. Called by the scheduler, often.
	 * @param cluster knows the nodes
	 */
	public void check(Cluster cluster) {
		if (this.asking || buckets().isEmpty()) {
			return;
		}
		List<ClusterNode> nodes = cluster.nodes();
		Set<UUID> present = new HashSet<>();
		nodes.forEach((node) -> present.add(node.id()));
		this.compared.retainAll(present);
		this.differences.keySet().retainAll(present);
		this.compared.add(cluster.self().id());
		if (this.compared.containsAll(present)) {
			return;
		}
		Map<UUID, String> names = nodes.stream()
			.collect(Collectors.toMap(ClusterNode::id, ClusterNode::name, (one, other) -> one));
		this.asking = true;
		try {
			cluster.ask(QUESTION, Payload.text(""), TIMEOUT).whenComplete((answers, ex) -> {
				this.asking = false;
				if (answers != null) {
					compare(answers, names);
				}
			});
		}
		catch (RuntimeException | Error ex) {
			this.asking = false;
			throw ex;
		}
	}

	void compare(ClusterAnswers<Payload> answers, Map<UUID, String> names) {
		Map<String, Integer> own = buckets();
		answers.answers().forEach((node, answer) -> {
			if (this.compared.contains(node)) {
				return;
			}
			List<String> differences;
			try {
				differences = difference(own, parse(answer.asText()));
			}
			catch (RuntimeException ex) {
				differences = List.of("its answer cannot be read (" + ex + ")");
			}
			note(node, names, differences);
			this.compared.add(node);
		});
		answers.failed().forEach((node, error) -> {
			if (this.compared.add(node)) {
				note(node, names, List.of("it does not say what its buckets are: " + error));
			}
		});
	}

	private static Map<String, Integer> parse(String text) {
		Map<String, Integer> buckets = new LinkedHashMap<>();
		for (String line : text.lines().toList()) {
			int space = line.indexOf(' ');
			if (space < 1) {
				throw new IllegalArgumentException("The line '" + line + "' has no number and pattern");
			}
			buckets.put(line.substring(space + 1), Integer.parseInt(line.substring(0, space)));
		}
		return buckets;
	}

	private static List<String> difference(Map<String, Integer> own, Map<String, Integer> other) {
		Set<String> patterns = new TreeSet<>(own.keySet());
		patterns.addAll(other.keySet());
		List<String> differences = new ArrayList<>();
		for (String pattern : patterns) {
			int here = own.getOrDefault(pattern, 0);
			int there = other.getOrDefault(pattern, 0);
			if (here != there) {
				differences.add(pattern + " has " + there + " there and " + here + " here");
			}
		}
		// Of several patterns that cover a channel the first one decides
		List<String> before = List.copyOf(own.keySet());
		List<String> there = List.copyOf(other.keySet());
		if (differences.isEmpty() && !before.equals(there)) {
			differences.add("the patterns have the order " + there + " there and " + before + " here");
		}
		return differences;
	}

	private void note(UUID node, Map<UUID, String> names, List<String> differences) {
		if (differences.isEmpty()) {
			return;
		}
		String text = String.join(", ", differences);
		this.differences.put(node, text);
		logger.warn("The node '" + Objects.requireNonNullElse(names.get(node), node.toString())
				+ "' distributes channels over other buckets than this node: " + text
				+ ". Subscribers by pattern miss messages. Set the same 'buckets' in 'atmosphere.channels' on all nodes");
	}

	/**
	 * Return the differences that were found, by the id of the node.
	 * @return the differences of nodes that are present
	 */
	public Map<UUID, String> differences() {
		return Map.copyOf(this.differences);
	}

}
