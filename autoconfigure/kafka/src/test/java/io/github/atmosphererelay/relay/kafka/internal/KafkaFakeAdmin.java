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

package io.github.atmosphererelay.relay.kafka.internal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.atmosphererelay.relay.kafka.internal.KafkaOffsets.Range;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.DescribeConfigsResult;
import org.apache.kafka.clients.admin.DescribeTopicsResult;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.jspecify.annotations.Nullable;

import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyCollection;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * An administrative client without a broker: answers what it is told to, at once or when
 * it is told.
 */
final class KafkaFakeAdmin {

	private static final Node NODE = new Node(1, "localhost", 9);

	final Admin admin = mock(Admin.class);

	/** What partitions hold; those without have no leader. */
	final Map<Integer, Range> ranges = new HashMap<>();

	/** What a question throws instead of asking, once. */
	final AtomicReference<@Nullable Error> error = new AtomicReference<>();

	/** The questions that were not answered at once, for the end of each partition. */
	final List<Map<Integer, KafkaFutureImpl<ListOffsetsResultInfo>>> open = new ArrayList<>();

	Uuid topic = Uuid.randomUuid();

	int partitions;

	/** Whether it is known at once which partitions have no leader. */
	boolean leadersKnown = true;

	/** Whether questions wait to be answered. */
	boolean slow;

	KafkaFakeAdmin(int partitions) {
		this.partitions = partitions;
		given(this.admin.listOffsets(any(), any(ListOffsetsOptions.class)))
			.willAnswer((call) -> listOffsets(call.getArgument(0)));
		given(this.admin.describeTopics(anyCollection(), any()))
			.willAnswer((call) -> describe(call.<Collection<String>>getArgument(0).iterator().next()));
		given(this.admin.describeConfigs(anyCollection(), any())).willAnswer((call) -> {
			DescribeConfigsResult result = mock(DescribeConfigsResult.class);
			KafkaFutureImpl<Config> refused = new KafkaFutureImpl<>();
			refused.completeExceptionally(new TimeoutException("not allowed to see"));
			given(result.values()).willReturn(call.<Collection<ConfigResource>>getArgument(0)
				.stream()
				.collect(Collectors.toMap((resource) -> resource, (resource) -> refused)));
			return result;
		});
	}

	private ListOffsetsResult listOffsets(Map<TopicPartition, OffsetSpec> request) {
		Error error = this.error.getAndSet(null);
		if (error != null) {
			throw error;
		}
		boolean latest = request.values().iterator().next() instanceof OffsetSpec.LatestSpec;
		Map<Integer, KafkaFutureImpl<ListOffsetsResultInfo>> futures = new HashMap<>();
		for (TopicPartition partition : request.keySet()) {
			futures.put(partition.partition(), new KafkaFutureImpl<>());
		}
		if (this.slow && latest) {
			this.open.add(futures);
		}
		else {
			futures.forEach((partition, future) -> answer(partition, future,
					request.values().iterator().next() instanceof OffsetSpec.EarliestSpec));
		}
		return new ListOffsetsResult(request.keySet()
			.stream()
			.collect(Collectors.toMap((partition) -> partition,
					(partition) -> (KafkaFuture<ListOffsetsResultInfo>) futures.get(partition.partition()))));
	}

	private void answer(int partition, KafkaFutureImpl<ListOffsetsResultInfo> future, boolean begin) {
		Range range = this.ranges.get(partition);
		if (range == null) {
			future.completeExceptionally(new TimeoutException("no leader"));
			return;
		}
		future.complete(info(begin ? range.begin() : range.end()));
	}

	private static ListOffsetsResultInfo info(long offset) {
		return new ListOffsetsResultInfo(offset, 0, Optional.of(1));
	}

	/**
	 * Return the partitions of a question that is open.
	 */
	Set<Integer> asked(int question) {
		return this.open.get(question).keySet();
	}

	void answer(int question, int partition, long end) {
		this.open.get(question).get(partition).complete(info(end));
	}

	void fail(int question, int partition) {
		this.open.get(question).get(partition).completeExceptionally(new TimeoutException("no leader"));
	}

	private DescribeTopicsResult describe(String name) {
		Node[] none = new Node[0];
		TopicDescription description = new TopicDescription(name, false, IntStream.range(0, this.partitions)
			.mapToObj((i) -> new TopicPartitionInfo(i, (this.leadersKnown && !this.ranges.containsKey(i)) ? null : NODE,
					List.of(NODE), List.of(none)))
			.toList(), Set.of(), this.topic);
		DescribeTopicsResult result = mock(DescribeTopicsResult.class);
		given(result.allTopicNames()).willReturn(KafkaFuture.completedFuture(Map.of(name, description)));
		return result;
	}

}
