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

import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.ChannelPattern;
import io.github.atmosphererelay.channel.internal.ChannelScope;
import io.github.atmosphererelay.listening.PatternNotServedException;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.internal.BucketMessages;

/**
 * Finds the buckets of the channels that a pattern covers.
 */
final class PatternBuckets {

	private PatternBuckets() {
	}

	/**
	 * Return the buckets to follow.
	 * @throws PatternNotServedException if the pattern may cover a channel that has no
	 * buckets and is not of this node only, or covers no channel
	 */
	static List<Address> of(ChannelPattern pattern, ChannelCatalog catalog) {
		List<ChannelOptions> covered = catalog.all()
			.stream()
			.filter((options) -> pattern.mayOverlap(ChannelPattern.parse(options.pattern())))
			.toList();
		if (covered.isEmpty()) {
			throw PatternNotServedException.withoutChannels(pattern.toString());
		}
		int ephemeral = 0;
		int recorded = 0;
		for (ChannelOptions options : covered) {
			if (options.buckets() == 0 && options.scope() != ChannelScope.NODE) {
				throw PatternNotServedException.withoutBuckets(pattern.toString(), options.pattern());
			}
			if (options.isRecorded()) {
				recorded = Math.max(recorded, options.buckets());
			}
			else {
				ephemeral = Math.max(ephemeral, options.buckets());
			}
		}
		List<Address> buckets = new ArrayList<>();
		add(buckets, BucketMessages.CHANNELS, ephemeral);
		add(buckets, BucketMessages.LOGS, recorded);
		return buckets;
	}

	private static void add(List<Address> buckets, String name, int number) {
		for (int i = 0; i < number; i++) {
			buckets.add(new Address.Bucket(name, i));
		}
	}

}
