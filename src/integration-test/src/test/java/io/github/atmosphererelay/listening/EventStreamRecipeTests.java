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

package io.github.atmosphererelay.listening;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.test.BrokerCluster;
import io.github.atmosphererelay.testkit.RelayCluster;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * An application's own event stream that is fed by a recorded channel, as the page on
 * listening shows it, on two nodes.
 */
class EventStreamRecipeTests {

	@Test
	void aClientThatConnectsAgainAtAnotherNodeGoesOnAfterItsLastEvent() {
		try (RelayCluster cluster = BrokerCluster.inMemory(OrderEvents.class)
			.property("atmosphere.channels[0].pattern=orders/**")
			.property("atmosphere.channels[0].history.size=1000")
			.timeout(Duration.ofSeconds(30))
			.start()) {
			List<String> sent = new ArrayList<>(publish(cluster, 0, 20));
			List<String> lines = new CopyOnWriteArrayList<>();
			CompletableFuture<Void> ended = subscribe(cluster.node(0).port(), null, lines);
			awaitData(lines, sent);
			sent.addAll(publish(cluster, 20, 50));
			awaitData(lines, sent);
			String last = lines.stream().filter((line) -> line.startsWith("id:")).reduce((a, b) -> b).orElseThrow();
			cluster.node(0).close();
			assertThat(ended).succeedsWithin(20, TimeUnit.SECONDS);
			List<String> more = new ArrayList<>();
			for (int i = 70; i < 90; i++) {
				more.add("order " + i);
				cluster.node(1).broadcaster().broadcast("orders/a", "order " + i).join();
			}
			List<String> again = new CopyOnWriteArrayList<>();
			subscribe(cluster.node(1).port(), last.substring(3).strip(), again);
			awaitData(again, more);
		}
	}

	private static List<String> publish(RelayCluster cluster, int first, int count) {
		List<String> texts = new ArrayList<>();
		for (int i = first; i < first + count; i++) {
			texts.add("order " + i);
			cluster.node(i % 2)
				.broadcaster()
				.broadcast("orders/a", "order " + i)
				.orTimeout(10, TimeUnit.SECONDS)
				.join();
		}
		return texts;
	}

	private static CompletableFuture<Void> subscribe(int port, @Nullable String last, List<String> lines) {
		HttpRequest.Builder request = HttpRequest
			.newBuilder(URI.create("http://localhost:" + port + "/orders/a/events"))
			.header("Accept", "text/event-stream");
		if (last != null) {
			request.header("Last-Event-ID", last);
		}
		return HttpClient.newHttpClient()
			.sendAsync(request.build(), HttpResponse.BodyHandlers.ofLines())
			.thenAcceptAsync((response) -> response.body().forEach(lines::add));
	}

	private static void awaitData(List<String> lines, List<String> sent) {
		List<String> expected = sent.stream().map((text) -> "data:" + text).toList();
		await().atMost(Duration.ofSeconds(20))
			.untilAsserted(() -> assertThat(lines).filteredOn((line) -> line.startsWith("data:")).isEqualTo(expected));
	}

	@RestController
	static class OrderEvents {

		private final FluxChannelSubscriber channels;

		OrderEvents(FluxChannelSubscriber channels) {
			this.channels = channels;
		}

		@GetMapping(path = "/orders/{id}/events", produces = "text/event-stream")
		Flux<ServerSentEvent<String>> events(@PathVariable String id,
				@RequestHeader(name = "Last-Event-ID", required = false) @Nullable String last) {
			if (!id.matches("[a-z0-9]{1,20}")) {
				throw new IllegalArgumentException("There is no such order");
			}
			ListenOptions options = (last != null) ? ListenOptions.since(position(last))
					: ListenOptions.fromBeginning();
			return this.channels.flux("orders/" + id, options).map(this::event);
		}

		private Position position(String id) {
			int colon = id.lastIndexOf(':');
			return new Position(id.substring(0, colon), Long.parseLong(id.substring(colon + 1)));
		}

		private ServerSentEvent<String> event(ChannelItem item) {
			ServerSentEvent.Builder<String> event = ServerSentEvent.builder();
			Position position = item.position();
			if (position != null) {
				event.id(position.epoch() + ":" + position.offset());
			}
			return (item instanceof Publication order) ? event.data(order.payload().asText()).build()
					: event.event("missed").data(item.toString()).build();
		}

	}

}
