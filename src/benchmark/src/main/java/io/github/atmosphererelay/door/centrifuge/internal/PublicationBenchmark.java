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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.door.internal.JsonText;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Writes a publication for clients of the Centrifuge protocol, as the door does it, by
 * hand, and as it writes everything else. Both check whether the message is JSON.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class PublicationBenchmark {

	private final Codec codec = new JsonCodec();

	private final Payload payload = Payload.text("{\"id\":4711,\"text\":\"" + "x".repeat(96) + "\"}");

	private final Position position = new Position("epoch", 4711);

	private final OutboundMessage message = OutboundMessage
		.of(new Publication(new UUID(1, 2), new UUID(3, 4), "chat/lobby", 0, Map.of(), this.payload, this.position));

	/**
	 * Write the publication by hand.
	 * @return the frame
	 */
	@Benchmark
	public Payload byHand() {
		return this.codec.messages().encode(this.message);
	}

	/**
	 * Write the same with Jackson.
	 * @return the frame
	 */
	@Benchmark
	public Payload withJackson() {
		return Payload.text(JsonText.object((out) -> {
			out.writeObjectPropertyStart("push");
			out.writeStringProperty("channel", "chat/lobby");
			out.writeObjectPropertyStart("pub");
			out.writeName("data");
			out.writeRawValue(JsonPayloads.of(this.payload));
			out.writeNumberProperty("offset", this.position.offset());
			out.writeEndObject();
			out.writeEndObject();
		}));
	}

}
