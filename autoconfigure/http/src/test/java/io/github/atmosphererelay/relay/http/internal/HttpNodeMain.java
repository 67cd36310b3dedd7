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

package io.github.atmosphererelay.relay.http.internal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.RelayListener;
import org.jspecify.annotations.Nullable;

/**
 * A node in a process of its own. Reads a command from each line of its input:
 * {@code subscribe CHANNEL} or {@code publish CHANNEL TEXT}. Prints what it receives, as
 * {@code received TEXT}, and what its commands have come to. Ends with its input.
 */
public final class HttpNodeMain {

	private static final UUID NODE = UUID.randomUUID();

	private HttpNodeMain() {
	}

	/**
	 * Run a node.
	 * @param args the URLs of the other nodes
	 */
	public static void main(String[] args) throws IOException {
		PeerServer server = new PeerServer();
		URI own = URI.create("http://127.0.0.1:" + server.port());
		List<URI> peers = Arrays.stream(args).map(URI::create).toList();
		HttpRelay relay = new HttpRelay(new HttpRelaySettings("test", new EnvelopeCodec(64 * 1024), HttpTestBroker.PATH,
				own, new SharedSecret(HttpTestBroker.SECRET), null, null, 10_000, Duration.ofSeconds(1),
				Duration.ofMillis(500), Duration.ofSeconds(30), Duration.ofMinutes(1),
				HttpRelaySettings.DEFAULT_MAX_INTEREST), () -> peers);
		server.expose("", relay.endpoint());
		relay.start(new Listener());
		BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
		for (String line = in.readLine(); line != null; line = in.readLine()) {
			String[] words = line.split(" ", 3);
			if (words[0].equals("subscribe")) {
				relay.subscribe(new Address.Channel(words[1]))
					.whenComplete((nothing, ex) -> print("subscribed " + words[1]));
			}
			else {
				Envelope envelope = new Envelope(UUID.randomUUID(), NODE, Envelope.Kind.MESSAGE, 0,
						new Audience.Channel(words[1], null), Map.of(), Payload.text(words[2]), null, null);
				relay.publish(envelope)
					.whenComplete((receipt, ex) -> print(
							"published " + words[2] + " " + ((receipt != null) ? receipt.outcome() : "failed")));
			}
		}
		Runtime.getRuntime().halt(0);
	}

	private static void print(String line) {
		synchronized (System.out) {
			System.out.println(line);
			System.out.flush();
		}
	}

	/**
	 * Prints what it receives.
	 */
	private static final class Listener implements RelayListener {

		@Override
		public void received(Envelope envelope, @Nullable Position position) {
			print("received " + envelope.payload().asText());
		}

		@Override
		public void rejected(WireFormatException.Reason reason) {
			print("rejected " + reason);
		}

		@Override
		public void gap(Address address) {
			print("gap " + address.value());
		}

		@Override
		public void connectionChanged(boolean connected) {
			print("connected " + connected);
		}

	}

}
