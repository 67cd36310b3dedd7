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

package io.github.atmosphererelay.websocket.centrifuge;

import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.broadcast.ChannelOptions;
import io.github.atmosphererelay.broadcast.DefaultBroadcaster;
import io.github.atmosphererelay.broadcast.ErrorCode;
import io.github.atmosphererelay.broadcast.MessagingNode;
import io.github.atmosphererelay.broadcast.RequestRefusedException;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.presence.PresenceService;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.RelayException;
import io.github.atmosphererelay.session.LocalSession;
import io.github.atmosphererelay.websocket.DoorContext;
import io.github.atmosphererelay.websocket.centrifuge.Command.Recovery;
import org.jspecify.annotations.Nullable;

/**
 * Tells clients what has been in channels and who is there.
 */
final class ReadRequests {

	/** How many messages a client gets at once. */
	private static final int MAX_PAGE = 300;

	/** How many a client is told of who are in a channel. */
	private static final int MAX_PRESENT = 2_000;

	private final MessagingNode node;

	private final PresenceService presence;

	private final Replies replies;

	private final OpenReads open = new OpenReads();

	ReadRequests(DoorContext context, Replies replies) {
		this.node = context.node();
		this.presence = context.presence();
		this.replies = replies;
	}

	/**
	 * Read a log, for whoever may hear the channel.
	 */
	void history(Client client, Command.History command) {
		LocalSession session = client.session();
		ChannelOptions options = channel(command.channel());
		this.node.clientMessages().authorizeSubscribe(session.principal(), session, command.channel()).require();
		if (!options.isRecorded()) {
			throw new RequestRefusedException(ErrorCode.NOT_AVAILABLE, "this channel has no history");
		}
		Runnable end = this.open.begin(session);
		CompletableFuture<Reply.History> read;
		try {
			read = read(command);
		}
		catch (RuntimeException | Error ex) {
			end.run();
			throw ex;
		}
		read.whenComplete((reply, ex) -> {
			end.run();
			if (reply == null) {
				this.replies.refuse(session, command.id(), refusal(ex));
			}
			else if (!this.replies.replyIfRoom(session, command.id(), reply, reply.publications())) {
				this.replies.refuse(session, command.id(), new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS,
						"too much waits for this client, try again"));
			}
		});
	}

	private CompletableFuture<Reply.History> read(Command.History command) {
		DefaultBroadcaster broadcaster = this.node.broadcaster();
		Recovery since = command.since();
		if (command.limit() == 0) {
			return broadcaster.end(command.channel()).thenApply((end) -> new Reply.History(List.of(), end));
		}
		if (since == null || !since.epoch().isEmpty()) {
			return read(command, (since != null) ? new Position(since.epoch(), since.offset()) : null);
		}
		return broadcaster.end(command.channel())
			.thenCompose((end) -> read(command, new Position(end.epoch(), since.offset())));
	}

	private CompletableFuture<Reply.History> read(Command.History command, @Nullable Position since) {
		int limit = (command.limit() > 0) ? Math.min(command.limit(), MAX_PAGE) : MAX_PAGE;
		return this.node.broadcaster()
			.read(command.channel(), since, limit, command.reverse() ? ReadDirection.BACKWARD : ReadDirection.FORWARD)
			.thenApply(ReadRequests::reply);
	}

	private static Reply.History reply(LogPage page) {
		if (!page.complete()) {
			throw new RequestRefusedException(ErrorCode.UNRECOVERABLE_POSITION,
					ErrorCode.UNRECOVERABLE_POSITION.text());
		}
		return new Reply.History(page.publications(), page.end());
	}

	private static RequestRefusedException refusal(@Nullable Throwable failure) {
		Throwable cause = (failure != null) ? RelayException.unwrap(failure) : null;
		return (cause instanceof RequestRefusedException refusal) ? refusal
				: new RequestRefusedException(ErrorCode.INTERNAL, "the channel's log cannot be reached, try again");
	}

	void presence(Client client, Command.Presence command) {
		withPresence(client, command);
		if (this.presence.sessions(command.channel()) > MAX_PRESENT) {
			throw new RequestRefusedException(ErrorCode.LIMIT_EXCEEDED,
					"there are too many in this channel to be listed");
		}
		this.replies.reply(client.session(), command.id(),
				new Reply.Presence(this.presence.listSessions(command.channel(), MAX_PRESENT)));
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
			throw new RequestRefusedException(ErrorCode.NOT_AVAILABLE, "this channel does not tell who is in it");
		}
		this.node.clientMessages().authorizeSeePresence(session.principal(), session, command.channel()).require();
	}

	private ChannelOptions channel(String channel) {
		ChannelOptions options = this.node.catalog().find(channel);
		if (options == null) {
			throw new RequestRefusedException(ErrorCode.UNKNOWN_CHANNEL, "there is no such channel");
		}
		return options;
	}

}
