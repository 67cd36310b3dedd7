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

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.RelayListener;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Sends and receives notices about records that a node had read and that the broker has
 * lost. A notice is a record in the partition that has lost them; its key is the control
 * address. So each node that reads the records that took their place also reads the
 * notice, however late, and after everything that the loss concerns. Nodes of a release
 * that does not know notices skip it.
 */
final class KafkaLogNotifier {

	private static final Log logger = LogFactory.getLog(KafkaLogNotifier.class);

	private final KafkaRelaySettings settings;

	private final KafkaSubscriptions subscriptions;

	private final RelayListener listener;

	KafkaLogNotifier(KafkaRelaySettings settings, KafkaSubscriptions subscriptions, RelayListener listener) {
		this.settings = settings;
		this.subscriptions = subscriptions;
		this.listener = listener;
	}

	/**
	 * Send the notices that are due, until they appear in the partitions. Does not block.
	 * @param life the topic of the logs
	 * @param sender sends the notices
	 */
	void send(KafkaLogLife life, KafkaSender sender) {
		long now = System.nanoTime();
		for (KafkaLogPartition partition : life.partitions()) {
			for (KafkaLogCut cut : partition.cuts().due(now)) {
				EnvelopeCodec codec = this.settings.codec();
				Envelope envelope = envelope(this.settings.node(), codec, cut);
				// The receiver shows whether the notice has arrived.
				sender.announce(envelope.id(), this.settings.logTopic(), partition.number(),
						envelope.address().value().getBytes(StandardCharsets.UTF_8), codec.encode(envelope));
			}
		}
	}

	static Envelope envelope(UUID node, EnvelopeCodec codec, KafkaLogCut cut) {
		return new Envelope(UUID.randomUUID(), node, Envelope.Kind.CONTROL, System.currentTimeMillis(),
				new Audience.Everyone(null), Map.of(), Payload.binary(cut.encode(codec.maxPayloadBytes())), null, null);
	}

	/**
	 * Process a notice: tell the subscribers of channels of which this node has missed
	 * records. May be called again with the same notice if it fails.
	 * @param record the notice
	 * @param envelope the notice's decoded value
	 * @param partition its partition
	 * @param life the topic of the logs
	 * @throws WireFormatException if it is not a readable notice
	 */
	void take(ConsumerRecord<byte[], byte[]> record, Envelope envelope, KafkaLogPartition partition,
			KafkaLogLife life) {
		if (!KafkaLogEntry.isOf(record, Address.CONTROL.value())) {
			throw new WireFormatException(Reason.FOREIGN, "The notice of lost records has a channel's key");
		}
		KafkaLogCut cut = KafkaLogCut.decode(envelope.payload().bytes());
		partition.skip(record.offset(), record.key());
		KafkaLogCuts cuts = partition.cuts();
		// First, so that a client that hears of the loss and resubscribes at once is not
		// recovered
		cuts.noticed(cut, record.offset());
		long missed = cuts.missedFrom(cut);
		int channels = report(cut, missed, partition, life,
				new KafkaPlace(KafkaLogEntry.leaderEpoch(record), record.offset() + 1));
		cuts.reported(cut);
		if (missed < cut.to()) {
			logger.warn("Messages of recorded channels are lost: an unclean leader election of partition "
					+ partition.number() + " of topic '" + this.settings.logTopic() + "' has removed the records up to"
					+ " offset " + (cut.to() - 1) + ". Another node had delivered them, but this node not those from"
					+ " offset " + missed + " on. It tells the subscribers of " + channels + " channels. Set"
					+ " unclean.leader.election.enable of the topic to 'false'");
		}
	}

	private int report(KafkaLogCut cut, long missed, KafkaLogPartition partition, KafkaLogLife life, KafkaPlace after) {
		Position position = partition.positions().position(after);
		int reported = 0;
		for (Address address : this.subscriptions.addresses()) {
			long hash = KafkaLogIndex.hash(address.value().getBytes(StandardCharsets.UTF_8));
			if (address instanceof Address.Channel && life.partition(address.value()) == partition
					&& cut.concerns(hash, cut.from())) {
				boolean here = cut.concerns(hash, missed);
				this.listener.lost(address, position, here);
				reported += here ? 1 : 0;
			}
		}
		return reported;
	}

}
