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

package io.github.atmosphererelay.security;

import java.security.Principal;

import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.session.ClientSession;
import org.jspecify.annotations.Nullable;

/**
 * Decides what a client may do with a channel. Without a bean of this type the patterns
 * of {@code atmosphere.channels} decide ({@link ConfiguredAuthorizer}). A bean of this
 * type replaces that; it may have the {@code ConfiguredAuthorizer} injected and ask it
 * first. One kind of rule applies in any case, namely a rule that names an authority: the
 * bean is asked only about clients that have the authority.
 * <p>
 * It is called for requests of clients, never for what the application's own code does.
 * <p>
 * Threads: called on the thread that serves the client's request. It may block; meanwhile
 * other requests of the same client wait, but no other client does.
 * <p>
 * Errors: an exception of the security framework that denies access refuses the request
 * with that reason. Any other exception is logged, and refuses the request with an
 * internal error.
 */
public interface ChannelAuthorizer {

	/**
	 * Decide whether a client may subscribe to a channel.
	 * @param principal who the client is, or {@code null} if it is anonymous
	 * @param session the client's session, or {@code null} during the handshake
	 * @param channel the channel's name; a pattern covers it
	 * @return the decision
	 */
	Authorization canSubscribe(@Nullable Principal principal, @Nullable ClientSession session, String channel);

	/**
	 * Decide whether a client may send a message to a channel, or to the handler that
	 * handles the channel's messages.
	 * @param principal who the client is, or {@code null} if it is anonymous
	 * @param session the client's session
	 * @param channel the channel's name; a pattern covers it
	 * @return the decision
	 */
	Authorization canPublish(@Nullable Principal principal, ClientSession session, String channel);

	/**
	 * Decide whether a client may see the presence of a channel, that is, who is in it.
	 * @param principal who the client is, or {@code null} if it is anonymous
	 * @param session the client's session
	 * @param channel the channel's name; a pattern covers it
	 * @return the decision
	 */
	Authorization canSeePresence(@Nullable Principal principal, ClientSession session, String channel);

}
