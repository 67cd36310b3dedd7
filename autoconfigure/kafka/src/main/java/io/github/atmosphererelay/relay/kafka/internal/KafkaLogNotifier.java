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
 * What nodes tell each other of records that they had read and the broker has lost. A
 * notice is a record of the partition that has lost them, with the key of the control
 * address: every node that reads what stands there instead reads the notice too, however
 * late, and after everything that the loss concerns. Nodes of a release without notices
 * pass over it.
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
	 * Send what is due of a log, until it stands in the partitions. Does not wait.
	 * @param life the log
	 * @param sender writes
	 */
	void send(KafkaLogLife life, KafkaSender sender) {
		long now = System.nanoTime();
		for (KafkaLogPartition partition : life.partitions()) {
			for (KafkaLogCut cut : partition.cuts().due(now)) {
				EnvelopeCodec codec = this.settings.codec();
				Envelope envelope = envelope(this.settings.node(), codec, cut);
				// The receiver tells whether it has come there.
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
	 * Take a notice. Those who follow channels of which this node has missed something
	 * are told. May be given the same again if that fails.
	 * @param record the notice
	 * @param envelope its value
	 * @param partition its partition
	 * @param life the log that the partition is of
	 * @throws WireFormatException if it is none that can be read
	 */
	void take(ConsumerRecord<byte[], byte[]> record, Envelope envelope, KafkaLogPartition partition,
			KafkaLogLife life) {
		if (!KafkaLogEntry.isOf(record, Address.CONTROL.value())) {
			throw new WireFormatException(Reason.FOREIGN, "A notice with the key of a channel");
		}
		KafkaLogCut cut = KafkaLogCut.decode(envelope.payload().bytes());
		partition.skip(record.offset(), record.key());
		KafkaLogCuts cuts = partition.cuts();
		// First, so that whoever is told, and comes again, does not recover
		cuts.noticed(cut, record.offset());
		long missed = cuts.missedFrom(cut);
		int channels = tell(cut, missed, partition, life,
				new KafkaPlace(KafkaLogEntry.leaderEpoch(record), record.offset() + 1));
		cuts.told(cut);
		if (missed < cut.to()) {
			logger.warn("Partition " + partition.number() + " of topic '" + this.settings.logTopic()
					+ "' has lost records up to offset " + (cut.to() - 1)
					+ " by an unclean leader election. Another node"
					+ " had read them, and this one lacks those from offset " + missed
					+ " on: it tells those who follow " + channels + " channels here");
		}
	}

	private int tell(KafkaLogCut cut, long missed, KafkaLogPartition partition, KafkaLogLife life, KafkaPlace after) {
		Position position = partition.positions().position(after);
		int told = 0;
		for (Address address : this.subscriptions.addresses()) {
			long hash = KafkaLogIndex.hash(address.value().getBytes(StandardCharsets.UTF_8));
			if (address instanceof Address.Channel && life.partition(address.value()) == partition
					&& cut.concerns(hash, cut.from())) {
				boolean here = cut.concerns(hash, missed);
				this.listener.lost(address, position, here);
				told += here ? 1 : 0;
			}
		}
		return told;
	}

}
