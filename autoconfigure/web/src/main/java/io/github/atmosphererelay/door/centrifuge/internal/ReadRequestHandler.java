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

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.door.centrifuge.internal.Command.Recovery;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.inbound.internal.ClientMessageReceiver;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.Json;
import io.github.atmosphererelay.presence.internal.PresenceService;
import io.github.atmosphererelay.presence.internal.PresentSession;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.ReplayBudget;
import io.github.atmosphererelay.session.internal.Reservation;
import io.github.atmosphererelay.subscription.log.internal.ReplayReader;
import io.github.atmosphererelay.subscription.log.internal.ReplayReader.Replay;
import org.jspecify.annotations.Nullable;

/**
 * Tells clients what has been in channels and who is there.
 */
final class ReadRequestHandler {

	/** How many messages a client gets at once. */
	private static final int MAX_PAGE = 300;

	/** How many a client is told of who are in a channel. */
	private static final int MAX_PRESENT = 2_000;

	/** What a session takes in a list beside names and attributes. */
	private static final int PER_SESSION = 64;

	private final ClientMessageReceiver authorizer;

	private final ChannelReads channels;

	private final ReplayReader replays;

	private final ReplayBudget budget;

	private final PresenceService presence;

	private final ReplySender replies;

	private final OpenReads open = new OpenReads();

	/**
	 * Create requests.
	 * @param authorizer knows what clients may
	 * @param channels the channels
	 * @param replays reads logs
	 * @param budget bounds what was read and is not yet written
	 * @param presence tells who is in channels
	 * @param replies answers
	 */
	ReadRequestHandler(ClientMessageReceiver authorizer, ChannelReads channels, ReplayReader replays,
			ReplayBudget budget, PresenceService presence, ReplySender replies) {
		this.authorizer = authorizer;
		this.channels = channels;
		this.replays = replays;
		this.budget = budget;
		this.presence = presence;
		this.replies = replies;
	}

	/**
	 * Read a log, for whoever may hear the channel. The page may have fewer messages than
	 * the client has asked for: its last one is then before the log's end, and the client
	 * reads on from there.
	 */
	void history(Client client, Command.History command) {
		LocalSession session = client.session();
		ChannelOptions options = channel(command.channel());
		this.authorizer.authorizeSubscribe(session.principal(), session, command.channel()).require();
		if (!options.isRecorded()) {
			throw new RequestRefusedException(ErrorCode.NOT_AVAILABLE, "this channel has no history");
		}
		Consumer<@Nullable Position> question = this.channels.isFollowed(command.channel()) ? (end) -> {
		} : client.ask();
		if (command.limit() == 0) {
			readEnd(session, command, question);
		}
		else if (!client.pages().add((done) -> readPage(session, command, question, done))) {
			question.accept(null);
			throw tooMuch();
		}
	}

	private void readEnd(LocalSession session, Command.History command, Consumer<@Nullable Position> question) {
		read(session, () -> this.channels.end(command.channel())).whenComplete((end, ex) -> {
			if (end != null || !isUnrecoverable(ex)) {
				question.accept(end);
			}
			if (end == null) {
				this.replies.refuse(session, command.id(), refusal(ex));
			}
			else {
				this.replies.reply(session, command.id(), new Reply.History(List.of(), end));
			}
		});
	}

	private void readPage(LocalSession session, Command.History command, Consumer<@Nullable Position> question,
			Runnable done) {
		if (!session.isOpen()) {
			question.accept(null);
			done.run();
			return;
		}
		read(session, () -> read(session, command)).whenComplete((replay, ex) -> {
			if (replay != null) {
				answer(session, command, question, replay, done);
				return;
			}
			try {
				if (!isUnrecoverable(ex)) {
					question.accept(null);
				}
				this.replies.refuse(session, command.id(), refusal(ex));
			}
			finally {
				done.run();
			}
		});
	}

	/**
	 * Answer with a page. Whatever is thrown, the page takes no room any more, and the
	 * next one is read.
	 */
	private void answer(LocalSession session, Command.History command, Consumer<@Nullable Position> question,
			Replay replay, Runnable done) {
		Reservation reservation = replay.reservation();
		LogPage page = replay.page();
		if (!page.complete()) {
			reservation.release();
			try {
				this.replies.refuse(session, command.id(), new RequestRefusedException(ErrorCode.UNRECOVERABLE_POSITION,
						ErrorCode.UNRECOVERABLE_POSITION.text()));
			}
			finally {
				done.run();
			}
			return;
		}
		boolean queued = false;
		try {
			question.accept(page.end());
			this.replies.replyWithMuch(session, command.id(), new Reply.History(page.publications(), page.end()),
					ReplySender.size(page.publications()), () -> {
						reservation.release();
						done.run();
					});
			queued = true;
		}
		catch (RuntimeException | Error ex) {
			this.replies.refuse(session, command.id(), refusal(ex));
			throw ex;
		}
		finally {
			if (!queued) {
				reservation.release();
				done.run();
			}
		}
	}

	/**
	 * Read something, and count that for as long as it takes.
	 */
	private <T> CompletableFuture<T> read(LocalSession session, Supplier<CompletableFuture<T>> read) {
		Runnable end;
		try {
			end = this.open.begin(session);
		}
		catch (RequestRefusedException ex) {
			return CompletableFuture.failedFuture(ex);
		}
		try {
			return read.get().whenComplete((result, ex) -> end.run());
		}
		catch (RuntimeException | Error ex) {
			end.run();
			return CompletableFuture.failedFuture(ex);
		}
	}

	private CompletableFuture<Replay> read(LocalSession session, Command.History command) {
		Recovery since = command.since();
		if (since == null || !since.epoch().isEmpty()) {
			return read(session, command, (since != null) ? new Position(since.epoch(), since.offset()) : null);
		}
		// Any epoch will do: so the present one is asked for first.
		return this.channels.end(command.channel())
			.thenCompose((end) -> read(session, command, new Position(end.epoch(), since.offset())));
	}

	private CompletableFuture<Replay> read(LocalSession session, Command.History command, @Nullable Position since) {
		int limit = (command.limit() > 0) ? Math.min(command.limit(), MAX_PAGE) : MAX_PAGE;
		return this.replays.readPage(session, command.channel(), since, limit,
				command.reverse() ? ReadDirection.BACKWARD : ReadDirection.FORWARD);
	}

	/**
	 * Nothing may be there, as with a position that the client has made up.
	 */
	private static boolean isUnrecoverable(@Nullable Throwable failure) {
		return refusal(failure).code() == ErrorCode.UNRECOVERABLE_POSITION;
	}

	private static RequestRefusedException refusal(@Nullable Throwable failure) {
		Throwable cause = (failure != null) ? Failures.unwrap(failure) : null;
		return (cause instanceof RequestRefusedException refusal) ? refusal
				: new RequestRefusedException(ErrorCode.INTERNAL, "the channel's log cannot be reached, try again");
	}

	private static RequestRefusedException tooMuch() {
		return new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS, "too much waits for this client, try again");
	}

	void presence(Client client, Command.Presence command) {
		withPresence(client, command);
		if (this.presence.sessions(command.channel()) > MAX_PRESENT) {
			throw new RequestRefusedException(ErrorCode.LIMIT_EXCEEDED,
					"there are too many in this channel to be listed");
		}
		List<PresentSession> sessions = this.presence.listSessions(command.channel(), MAX_PRESENT);
		long size = size(sessions);
		if (size > this.budget.maxBytes()) {
			throw new RequestRefusedException(ErrorCode.LIMIT_EXCEEDED, "the list is too large for this node");
		}
		Reservation reservation = this.budget.reserve(client.session(), size);
		if (reservation == null) {
			throw tooMuch();
		}
		this.replies.replyWithMuch(client.session(), command.id(), new Reply.Presence(sessions), size,
				reservation::release);
	}

	/**
	 * Return how many bytes a list takes at most.
	 */
	private static long size(List<PresentSession> sessions) {
		long size = PER_SESSION;
		for (PresentSession each : sessions) {
			String user = each.user();
			size += PER_SESSION + 2 * Json.quotedLength(each.session());
			size += (user != null) ? Json.quotedLength(user) : 2;
			for (Map.Entry<String, String> attribute : each.attributes().entrySet()) {
				size += Json.quotedLength(attribute.getKey()) + Json.quotedLength(attribute.getValue()) + 2;
			}
		}
		return size;
	}

	void presenceStats(Client client, Command.PresenceStats command) {
		withPresence(client, command);
		this.replies.reply(client.session(), command.id(), new Reply.PresenceStats(
				this.presence.sessions(command.channel()), this.presence.count(command.channel())));
	}

	private void withPresence(Client client, Command.InChannel command) {
		LocalSession session = client.session();
		ChannelOptions options = channel(command.channel());
		if (!options.presence()) {
			throw new RequestRefusedException(ErrorCode.NOT_AVAILABLE, "this channel has no presence");
		}
		this.authorizer.authorizeSeePresence(session.principal(), session, command.channel()).require();
	}

	private ChannelOptions channel(String channel) {
		ChannelOptions options = this.channels.find(channel);
		if (options == null) {
			throw new RequestRefusedException(ErrorCode.UNKNOWN_CHANNEL, "there is no such channel");
		}
		return options;
	}

}
