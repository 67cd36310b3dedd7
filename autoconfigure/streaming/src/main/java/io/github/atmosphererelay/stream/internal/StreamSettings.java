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

package io.github.atmosphererelay.stream.internal;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * Settings of reducers and streams, the same in all processes but for the first three.
 *
 * @param reduces whether this process reads the topics of reducers
 * @param consumers how many partitions of a reducer this process reads at the same time
 * @param instance the name of this process among those that reduce, which it keeps when
 * it is restarted, or {@code null} if it has none
 * @param cluster the name of the cluster, of which the topic and groups have their names
 * @param automatic whether a stream begins with its first subscription
 * @param grace how long a stream without a subscriber is kept
 * @param maxStreams the largest number of streams of the cluster
 * @param maxStreamsPerUser the largest number of streams of a user
 * @param maxKeysPerStream the largest number of keys of a stream
 * @param maxKeys the largest number of keys of all streams
 * @param cacheBytes the size of the states that are remembered for each partition
 * @param publishTimeout how long a batch waits for the relay
 * @param maxMessageBytes the size of the largest message that the relay carries
 * @param snapshotMaxAge for how long snapshots of queries may be kept
 * @param maxSnapshotBytes the size of the largest snapshot of a query
 */
public record StreamSettings(boolean reduces, int consumers, @Nullable String instance, String cluster,
		boolean automatic, Duration grace, int maxStreams, int maxStreamsPerUser, int maxKeysPerStream, int maxKeys,
		long cacheBytes, Duration publishTimeout, int maxMessageBytes, Duration snapshotMaxAge, long maxSnapshotBytes) {

	String commandTopic() {
		return "atmosphere." + this.cluster + "-streams";
	}

	String group(String reducer) {
		return "atmosphere." + this.cluster + ".reducer." + reducer;
	}

}
