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

package io.github.atmosphererelay.demo;

import java.security.Principal;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.endpoint.Message;
import io.github.atmosphererelay.endpoint.Outbound;
import io.github.atmosphererelay.endpoint.RoomService;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.security.core.userdetails.UserDetailsService;

/**
 * The rooms. Whose message it is and which node it came through is said here, and not by
 * the page, which may say anything.
 */
@RoomService("chat/{room}")
class ChatRoom {

	private final UserDetailsService users;

	private final Speech speech;

	private final String node;

	ChatRoom(UserDetailsService users, Speech speech, @Value("${atmosphere.cluster.node-name}") String node) {
		this.users = users;
		this.speech = speech;
		this.node = node;
	}

	@Message
	CompletionStage<?> onMessage(@Valid Input input, Principal user, @Header("channel") String channel,
			Broadcaster broadcaster) {
		String author = user.getName();
		if (input instanceof Chat chat) {
			Said said = new Said("chat", chat.id(), author, null, chat.text(), this.node, chat.sentAt());
			return say(channel, said).handle(ChatRoom::answer);
		}
		return CompletableFuture.completedFuture(direct((Direct) input, author, broadcaster));
	}

	private CompletionStage<Receipt> say(String channel, Said said) {
		try {
			return this.speech.say(channel, said);
		}
		catch (DataIntegrityViolationException ex) {
			throw new RequestRefusedException(ErrorCode.BAD_REQUEST,
					"the database does not take it, it may be too long");
		}
	}

	/**
	 * Nothing if the room has it, or will have it because that is committed. Otherwise
	 * the page offers to say it again.
	 */
	private static @Nullable Object answer(@Nullable Receipt receipt, @Nullable Throwable failure) {
		if (receipt == null || receipt.outcome() == Outcome.UNCONFIRMED) {
			throw new RequestRefusedException(ErrorCode.INTERNAL, "it may not have been recorded, try again");
		}
		return null;
	}

	/**
	 * To all sessions of the one who is meant, and to all of the sender's, wherever they
	 * are.
	 */
	private Outbound direct(Direct direct, String author, Broadcaster broadcaster) {
		String to = SecurityConfiguration.find(this.users, direct.to());
		// The one that talks to itself when the node starts is nobody to others
		if (to == null || (to.equals(SecurityConfiguration.WARM_UP_USER) && !author.equals(to))) {
			throw new RequestRefusedException(ErrorCode.BAD_REQUEST, "there is no user of that name");
		}
		Said said = new Said("direct", direct.id(), author, to, direct.text(), this.node, direct.sentAt());
		if (!author.equals(to)) {
			broadcaster.toUser(to, said);
		}
		return Outbound.toUser(author, said);
	}

	/**
	 * What a page sends.
	 */
	@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
	@JsonSubTypes({ @JsonSubTypes.Type(value = Chat.class, name = "chat"),
			@JsonSubTypes.Type(value = Direct.class, name = "direct") })
	sealed interface Input {

	}

	/**
	 * Something for everybody in the room.
	 *
	 * @param id the page's own name for it
	 * @param text what is said
	 * @param sentAt when it was said, in milliseconds by the page's clock
	 */
	record Chat(@NotBlank @Size(max = 64) String id, @NotBlank @Size(max = 4000) String text,
			long sentAt) implements Input {

	}

	/**
	 * Something for one user, wherever that user is.
	 *
	 * @param id the page's own name for it
	 * @param to the user's name
	 * @param text what is said
	 * @param sentAt when it was said, in milliseconds by the page's clock
	 */
	record Direct(@NotBlank @Size(max = 64) String id, @NotNull @Size(max = 64) String to,
			@NotBlank @Size(max = 4000) String text, long sentAt) implements Input {

	}

	/**
	 * What has been said.
	 *
	 * @param type {@code chat} or {@code direct}
	 * @param id the page's own name for it
	 * @param author who has said it
	 * @param to whom it was said to, or {@code null} for everybody
	 * @param text what was said
	 * @param node the node that it came through
	 * @param sentAt when it was said, by the clock of the author's page
	 */
	record Said(String type, String id, String author, @Nullable String to, String text, String node, long sentAt) {

	}

}
