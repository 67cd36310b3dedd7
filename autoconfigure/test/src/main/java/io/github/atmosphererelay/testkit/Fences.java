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

package io.github.atmosphererelay.testkit;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.ChannelScope;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;

/**
 * Publishes fences: messages that, once received, prove that all messages published
 * before them were received too. In an ephemeral channel the messages of each publishing
 * node have an order of their own, so each node publishes a fence. In a recorded channel
 * all messages have one order, so one fence is enough.
 */
final class Fences {

	private Fences() {
	}

	/**
	 * Publish fences, and wait for their receipts.
	 * @param receiver the node whose client waits
	 * @param channel the channel
	 * @param deadline until when to wait for the receipts
	 * @return the ids of the fences that reach the node
	 */
	static Set<String> publish(ApplicationNode receiver, String channel, Deadline deadline) {
		ChannelOptions options = receiver.bean(ChannelCatalog.class).get(channel);
		boolean one = options.isRecorded() || options.scope() == ChannelScope.NODE;
		Set<String> ids = new HashSet<>();
		List<Fence> fences = new ArrayList<>();
		for (ApplicationNode node : receiver.cluster().nodes()) {
			if (node == receiver || !one) {
				String id = UUID.randomUUID().toString();
				CompletableFuture<Receipt> receipt = node.libraryBroadcaster()
					.broadcast(channel, FrameReader.fence(id));
				fences.add(new Fence(node, id, receipt));
			}
		}
		for (Fence fence : fences) {
			if (fence.outcome(deadline) != Outcome.LOCAL_ONLY || fence.node == receiver) {
				ids.add(fence.id);
			}
		}
		return ids;
	}

	/**
	 * A fence that was published, and its receipt.
	 */
	private record Fence(ApplicationNode node, String id, CompletableFuture<Receipt> receipt) {

		Outcome outcome(Deadline deadline) {
			try {
				return deadline.await(this.receipt).outcome();
			}
			catch (ExecutionException ex) {
				throw new IllegalStateException(
						this.node.name() + " cannot publish a fence, and so cannot tell whether more comes",
						ex.getCause());
			}
			catch (TimeoutException ex) {
				throw new IllegalStateException(
						"%s has no receipt for a fence within %s".formatted(this.node.name(), deadline), ex);
			}
		}

	}

}
