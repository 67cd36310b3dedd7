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

package io.github.atmosphererelay.test;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.LogContinuation;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayListener;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A relay whose log is what the test says, answer by answer: each question waits until
 * the test expects and answers it, so that a test decides about every order of events.
 */
public final class ScriptedLog implements ClusterRelay, ChannelLog {

	private final String channel;

	private final boolean reportsNewEpochs;

	private final Queue<Asked> asked = new ConcurrentLinkedQueue<>();

	public ScriptedLog(String channel) {
		this(channel, false);
	}

	/**
	 * Create a log.
	 * @param reportsNewEpochs whether gaps tell of new epochs, and offsets are not
	 * consecutive
	 */
	public ScriptedLog(String channel, boolean reportsNewEpochs) {
		this.channel = channel;
		this.reportsNewEpochs = reportsNewEpochs;
	}

	/**
	 * Return the name of an epoch, and an offset in it, as a position.
	 * @param text for example {@code A3}
	 */
	public static Position at(String text) {
		return new Position(text.substring(0, 1), Long.parseLong(text.substring(1)));
	}

	/**
	 * Return the envelope that stands at a position, whose text is the position.
	 */
	public Envelope envelope(String position) {
		return envelope(position, null, Map.of());
	}

	public Envelope envelope(String position, @Nullable String exceptSession) {
		return envelope(position, exceptSession, Map.of());
	}

	public Envelope envelope(String position, Map<String, String> headers) {
		return envelope(position, null, headers);
	}

	private Envelope envelope(String position, @Nullable String exceptSession, Map<String, String> headers) {
		return new Envelope(UUID.randomUUID(), UUID.randomUUID(), Envelope.Kind.MESSAGE, System.currentTimeMillis(),
				new Audience.Channel(this.channel, exceptSession), headers, Payload.text(position), null, null);
	}

	/**
	 * Return a page that is complete.
	 * @param end where it ends
	 * @param positions of its publications
	 */
	public LogPage page(String end, String... positions) {
		return new LogPage(Stream.of(positions).map((each) -> publication(each, null)).toList(), at(end), true);
	}

	/**
	 * Return the publication that stands at a position.
	 */
	public Publication publication(String position, @Nullable String exceptSession) {
		return Publication.of(envelope(position, exceptSession), this.channel, at(position));
	}

	/**
	 * Return a page that is not complete.
	 */
	public static LogPage incomplete(String end) {
		return new LogPage(List.of(), at(end), false);
	}

	/**
	 * Expect a question, which is the oldest that was not answered.
	 * @param question for example {@code read A3}, {@code resume A3 reached 5} or
	 * {@code position}
	 * @return answers it
	 */
	@SuppressWarnings("unchecked")
	public <T> CompletableFuture<T> expect(String question) {
		assertThat(this.asked).as("questions").isNotEmpty();
		Asked first = this.asked.remove();
		assertThat(first.question()).isEqualTo(question);
		return (CompletableFuture<T>) first.answer();
	}

	public void expectNothing() {
		assertThat(this.asked).extracting(Asked::question).isEmpty();
	}

	private <T> CompletableFuture<T> ask(String question) {
		CompletableFuture<T> answer = new CompletableFuture<>();
		this.asked.add(new Asked(question, answer));
		return answer;
	}

	private static String text(@Nullable Position position) {
		return (position != null) ? position.epoch() + position.offset() : "-";
	}

	@Override
	public CompletableFuture<LogPage> read(String channel, @Nullable Position since, PageLimit limit,
			ReadDirection direction) {
		return ask("read " + text(since));
	}

	@Override
	public CompletableFuture<Position> position(String channel) {
		return ask("position");
	}

	@Override
	public CompletableFuture<LogContinuation> resume(String channel, Position delivered, long reached) {
		return ask("resume " + text(delivered) + " reached " + reached);
	}

	@Override
	public String name() {
		return "scripted";
	}

	@Override
	public void start(RelayListener listener) {
	}

	@Override
	public void stop() {
	}

	@Override
	public CompletableFuture<Receipt> publish(Envelope envelope) {
		throw new UnsupportedOperationException();
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(Address address) {
		return CompletableFuture.completedFuture(null);
	}

	@Override
	public void unsubscribe(Address address) {
	}

	@Override
	public ChannelLog log() {
		return this;
	}

	@Override
	public boolean hasConsecutiveOffsets() {
		return !this.reportsNewEpochs;
	}

	@Override
	public boolean reportsNewEpochs() {
		return this.reportsNewEpochs;
	}

	/**
	 * A question and its answer.
	 */
	private record Asked(String question, CompletableFuture<?> answer) {
	}

}
