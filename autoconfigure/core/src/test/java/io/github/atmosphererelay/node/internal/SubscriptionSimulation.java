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

package io.github.atmosphererelay.node.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.Fanout;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.session.internal.Subscription.Phase;
import io.github.atmosphererelay.session.internal.SubscriptionListener;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.session.internal.WriterSettings;
import io.github.atmosphererelay.subscription.log.internal.SubscribeRequest;
import io.github.atmosphererelay.subscription.log.internal.Subscribed;
import io.github.atmosphererelay.test.GrowingThreads;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * One node whose clients connect, subscribe with and without positions, unsubscribe and
 * leave while messages are published here and elsewhere and the relay goes and comes: one
 * step after the other, on one thread, in an order that the seed decides.
 * <p>
 * Each client's frames say what it was promised and what it got. A frame {@code ?} is
 * queued when a client asks for a subscription, {@code +} when it is answered, {@code !}
 * when the relay has confirmed a subscription without positions, {@code -} when the
 * client has left. {@link #verify()} reads them as the client would.
 */
final class SubscriptionSimulation {

	private static final List<String> RECORDED = List.of("log/a", "log/b");

	private static final String EPHEMERAL = "chat/x";

	private static final int MAX_SESSIONS = 6;

	private final Random random;

	private final SimulatedRelay relay;

	private final SteppedScheduler scheduler = new SteppedScheduler();

	private final ChannelCatalog catalog = NodeFixture.catalog();

	private final SessionRegistry registry = new SessionRegistry();

	private final MessagingNode node;

	private final List<Client> clients = new ArrayList<>();

	private final List<Client> gone = new ArrayList<>();

	/** What the listener has heard of each subscription, in order. */
	private final Map<Subscription, List<String>> lives = new LinkedHashMap<>();

	private int messages;

	private int requests;

	SubscriptionSimulation(long seed) {
		this.random = new Random(seed);
		this.relay = new SimulatedRelay(this.random);
		this.node = MessagingNode.builder()
			.identity(new NodeIdentity(new UUID(0, seed), "node"))
			.settings(MessagingSettings.builder(NodeFixture.QUEUE)
				.probeInterval(Duration.ofHours(1))
				.probeTimeout(Duration.ofHours(1))
				.startTimeout(Duration.ZERO)
				.unsubscribeDelay(Duration.ZERO)
				.positionCheck(Duration.ofHours(1))
				.build())
			.relay(this.relay)
			.catalog(this.catalog)
			.registry(this.registry)
			.writers(new WriterPool(new WriterSettings(1, 4, Duration.ofSeconds(5)), new SessionStatistics(),
					this.scheduler))
			.scheduler(this.scheduler)
			.applicationThreads(new GrowingThreads())
			.extensions(new NodeExtensions() {

				@Override
				public List<SubscriptionListener> subscriptionListeners() {
					return List.of(new Lives());
				}

			})
			.build();
	}

	void run(int steps) {
		this.node.start();
		this.scheduler.step();
		for (int i = 0; i < steps; i++) {
			step();
			checkIndexes();
		}
		if (this.relay.isDown()) {
			this.relay.comeUp();
		}
		settle();
		verify();
		List.copyOf(this.clients).forEach(this::leave);
		settle();
		checkEmpty();
	}

	void stop() {
		this.node.stop();
		this.scheduler.shutdownNow();
	}

	private void step() {
		int dice = this.random.nextInt(100);
		if (dice < 40) {
			this.relay.step();
		}
		else if (dice < 55) {
			publish();
		}
		else if (dice < 75) {
			subscribe();
		}
		else if (dice < 83) {
			unsubscribe();
		}
		else if (dice < 88) {
			connect();
		}
		else if (dice < 90) {
			if (!this.clients.isEmpty()) {
				leave(this.clients.get(this.random.nextInt(this.clients.size())));
			}
		}
		else if (dice < 92) {
			if (this.relay.isDown()) {
				this.relay.comeUp();
			}
			else {
				this.relay.goDown();
			}
		}
		else {
			this.scheduler.step();
		}
	}

	/**
	 * Let everything come to rest: what the broker is to do, and what the node tries
	 * again.
	 */
	private void settle() {
		for (int quiet = 0; quiet < 3; quiet++) {
			while (this.relay.step()) {
				quiet = 0;
			}
			this.scheduler.step();
		}
	}

	private void connect() {
		if (this.clients.size() < MAX_SESSIONS) {
			Client client = new Client();
			this.node.subscriptions().connected(client.session);
			this.clients.add(client);
		}
	}

	private void leave(Client client) {
		client.session.ended(1000, null);
		this.clients.remove(client);
		this.gone.add(client);
	}

	private void publish() {
		String channel = anyChannel();
		String text = channel + " " + this.messages++;
		if (this.random.nextBoolean()) {
			this.node.broadcaster().broadcast(channel, text);
		}
		else {
			ChannelOptions options = this.catalog.get(channel);
			this.relay.publishElsewhere(channel, text,
					options.isRecorded() ? options.history().forMessage(null) : null);
		}
	}

	private String anyChannel() {
		int dice = this.random.nextInt(RECORDED.size() + 1);
		return (dice < RECORDED.size()) ? RECORDED.get(dice) : EPHEMERAL;
	}

	private void subscribe() {
		if (this.clients.isEmpty()) {
			return;
		}
		Client client = this.clients.get(this.random.nextInt(this.clients.size()));
		String channel = anyChannel();
		if (client.session.isIn(channel)) {
			return;
		}
		if (channel.equals(EPHEMERAL) || this.random.nextInt(3) == 0) {
			client.subscribePlainly(channel);
		}
		else {
			int size = this.relay.log(channel).size();
			client.subscribe(channel, this.random.nextBoolean() ? this.random.nextInt(size + 1) : null);
		}
	}

	private void unsubscribe() {
		if (this.clients.isEmpty()) {
			return;
		}
		Client client = this.clients.get(this.random.nextInt(this.clients.size()));
		String channel = anyChannel();
		if (client.session.isIn(channel)) {
			this.node.subscriptions().unsubscribe(client.session, channel);
			client.queue("- " + channel);
		}
	}

	/**
	 * What is told of a subscription by session, by channel and by itself agrees.
	 */
	private void checkIndexes() {
		Set<Subscription> bySession = new HashSet<>();
		for (Client client : this.clients) {
			for (String channel : client.session.channels()) {
				bySession.add(client.session.subscription(channel));
			}
		}
		Set<Subscription> byChannel = new HashSet<>(this.registry.subscriptions(EPHEMERAL));
		RECORDED.forEach((channel) -> byChannel.addAll(this.registry.subscriptions(channel)));
		assertThat(byChannel).isEqualTo(bySession);
		this.lives.forEach((subscription, life) -> assertThat(subscription.phase() == Phase.ENDED)
			.isEqualTo(!byChannel.contains(subscription))
			.isEqualTo(life.contains("unsubscribed")));
	}

	private void checkEmpty() {
		assertThat(this.registry.sessionCount()).isZero();
		assertThat(this.registry.channelCount()).isZero();
		assertThat(this.relay.followedChannels()).isEmpty();
		assertThat(this.node.followedLogs()).isZero();
		assertThat(this.lives.values()).allSatisfy((life) -> assertThat(life)
			.isIn(List.of("subscribed", "ready", "unsubscribed"), List.of("subscribed", "unsubscribed")));
	}

	private void verify() {
		for (Client client : this.clients) {
			assertThat(client.transport.closed()).isNull();
			List<String> frames = client.frames();
			new Reader(frames).read();
			for (String channel : client.session.channels()) {
				Subscription subscription = client.session.subscription(channel);
				assertThat(subscription).isNotNull();
				assertThat(subscription.phase()).as("%s: %s", subscription, frames).isEqualTo(Phase.LIVE);
			}
		}
		this.gone.forEach((client) -> new Reader(client.written()).read(false));
	}

	int delivered() {
		return this.clients.stream().mapToInt((client) -> client.written().size()).sum()
				+ this.gone.stream().mapToInt((client) -> client.written().size()).sum();
	}

	/**
	 * A client, which connects and then does as it is told.
	 */
	private final class Client {

		private final FakeTransport transport = new FakeTransport();

		private final LocalSession session = SubscriptionSimulation.this.node.writers()
			.open(SubscriptionSimulation.this.node.identity().newSessionId(), null, null, this.transport,
					SubscriptionSimulation.this.node.subscriptions()::disconnected);

		private final Map<String, Integer> pending = new ConcurrentHashMap<>();

		private void subscribePlainly(String channel) {
			queue("? " + channel + " plain");
			SubscriptionSimulation.this.node.subscriptions().subscribe(this.session, channel).thenAccept((state) -> {
				if (state == SubscriptionState.CONFIRMED && this.session.isIn(channel)) {
					queue("! " + channel + " " + SubscriptionSimulation.this.relay.log(channel).size());
				}
			});
		}

		private void subscribe(String channel, @Nullable Integer since) {
			int request = ++SubscriptionSimulation.this.requests;
			this.pending.put(channel, request);
			queue("? " + channel + " " + request + ((since != null) ? " " + since : ""));
			SubscribeRequest wish = new SubscribeRequest(since != null,
					(since != null) ? new Position("e", since) : null, (result) -> begun(channel, request, result),
					() -> queue("lost " + channel));
			try {
				SubscriptionSimulation.this.node.subscriptions().subscribe(this.session, channel, wish);
			}
			catch (RequestRefusedException ex) {
				queue("refused " + channel);
			}
		}

		private void begun(String channel, int request, Subscribed result) {
			Position position = result.position();
			assertThat(position).isNotNull();
			queue("+ " + channel + " " + request + " " + position.offset() + " " + result.recovery());
			result.publications().forEach((publication) -> queue(publication.payload().asText()));
		}

		private void queue(String frame) {
			Fanout fanout = SubscriptionSimulation.this.node.writers()
				.fanout(OutboundMessage.frame(Payload.text(frame)), NodeFixture.QUEUE);
			fanout.add(this.session);
			fanout.send();
		}

		/**
		 * Return everything that was queued, the last of which is a mark of this method.
		 */
		private List<String> frames() {
			queue("end");
			await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1)).until(() -> written().contains("end"));
			return written();
		}

		private List<String> written() {
			return this.transport.events().stream().filter((event) -> !event.startsWith("closed")).toList();
		}

	}

	/**
	 * Reads what one client got, as the client would: keeps the state of each channel,
	 * and knows which publication may come next.
	 */
	private final class Reader {

		private final List<String> frames;

		private final Map<String, Integer> offsets = new HashMap<>();

		/** By channel: the request without an answer yet. */
		private final Map<String, String[]> asked = new HashMap<>();

		/** By channel: the last offset that the client has. */
		private final Map<String, Integer> last = new HashMap<>();

		/** By channel: after which offset everything has to come. */
		private final Map<String, Integer> confirmed = new HashMap<>();

		private final Set<String> seen = new HashSet<>();

		private Reader(List<String> frames) {
			this.frames = frames;
			for (String channel : RECORDED) {
				for (Publication publication : SubscriptionSimulation.this.relay.log(channel)) {
					Position position = publication.position();
					assertThat(position).isNotNull();
					this.offsets.put(publication.payload().asText(), (int) position.offset());
				}
			}
		}

		private void read() {
			read(true);
		}

		private void read(boolean toTheEnd) {
			for (String frame : this.frames) {
				String[] words = frame.split(" ");
				switch (words[0]) {
					case "?" -> {
						forget(words[1]);
						this.asked.put(words[1], words);
						if (words[2].equals("plain")) {
							this.last.put(words[1], -1);
						}
					}
					case "+" -> answered(words);
					case "!" -> this.confirmed.putIfAbsent(words[1], Integer.valueOf(words[2]));
					case "-" -> forget(words[1]);
					case "end" -> {
					}
					default -> message(frame, words);
				}
			}
			if (toTheEnd) {
				this.last.forEach(this::checkEnd);
			}
		}

		private void forget(String channel) {
			this.asked.remove(channel);
			this.last.remove(channel);
			this.confirmed.remove(channel);
			this.seen.removeIf((frame) -> frame.startsWith(channel));
		}

		private void answered(String[] answer) {
			String[] request = this.asked.get(answer[1]);
			assertThat(request).as("asked before '%s' in %s", String.join(" ", answer), this.frames).isNotNull();
			assertThat(request[2]).isEqualTo(answer[2]);
			boolean recovered = answer[4].equals("RECOVERED");
			assertThat(recovered).as("every position can be recovered").isEqualTo(request.length == 4);
			this.last.put(answer[1], Integer.valueOf(recovered ? request[3] : answer[3]));
			this.confirmed.put(answer[1], this.last.get(answer[1]));
		}

		private void message(String frame, String[] words) {
			String channel = words[0];
			Integer before = this.last.get(channel);
			assertThat(before).as("subscribed to get '%s' in %s", frame, this.frames).isNotNull();
			assertThat(this.seen.add(frame)).as("'%s' once in %s", frame, this.frames).isTrue();
			Integer offset = this.offsets.get(frame);
			if (channel.equals(EPHEMERAL)) {
				return;
			}
			assertThat(offset).as("recorded: '%s' in %s", frame, this.frames).isNotNull();
			if (before >= 0) {
				assertThat(offset).as("'%s' follows in %s", frame, this.frames).isEqualTo(before + 1);
			}
			else {
				Integer confirmed = this.confirmed.get(channel);
				assertThat(offset).as("'%s' is the first in %s", frame, this.frames)
					.isLessThanOrEqualTo((confirmed != null) ? confirmed + 1 : Integer.MAX_VALUE);
			}
			this.last.put(channel, offset);
		}

		private void checkEnd(String channel, int last) {
			Integer confirmed = this.confirmed.get(channel);
			int end = SubscriptionSimulation.this.relay.log(channel).size();
			if (!channel.equals(EPHEMERAL) && confirmed != null && end > confirmed) {
				assertThat(last).as("the end of '%s' in %s", channel, this.frames).isEqualTo(end);
			}
		}

	}

	/**
	 * Writes down what is told of each subscription.
	 */
	private final class Lives implements SubscriptionListener {

		@Override
		public void subscribed(Subscription subscription) {
			add(subscription, "subscribed");
		}

		@Override
		public void ready(Subscription subscription, SubscriptionState state) {
			add(subscription, "ready");
		}

		@Override
		public void unsubscribed(Subscription subscription) {
			add(subscription, "unsubscribed");
		}

		private void add(Subscription subscription, String event) {
			SubscriptionSimulation.this.lives.computeIfAbsent(subscription, (same) -> new ArrayList<>()).add(event);
		}

	}

}
