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
 * of {@code atmosphere.channels} decide ({@link ConfiguredAuthorizer}); a bean replaces
 * that, and may ask a {@code ConfiguredAuthorizer} of its own first. Only rules that name
 * an authority hold in any case: a bean is asked about clients that have it.
 * <p>
 * Called for what clients ask for, never for what the application's own code does, on the
 * thread that serves the client's request. It may block as long as that thread may: other
 * requests of the same client wait meanwhile, nobody else does. An exception of the
 * security framework that denies access refuses the request as that, any other one as an
 * internal error, which is logged.
 */
public interface ChannelAuthorizer {

	/**
	 * Decide whether a client may hear a channel.
	 * @param principal who the client is, or {@code null} if it is anonymous
	 * @param session the client's session, or {@code null} while its handshake is being
	 * answered
	 * @param channel the channel's name; a pattern covers it
	 * @return the decision
	 */
	Authorization canSubscribe(@Nullable Principal principal, @Nullable ClientSession session, String channel);

	/**
	 * Decide whether a client may send a message into a channel, or to the handler that
	 * takes the channel's messages.
	 * @param principal who the client is, or {@code null} if it is anonymous
	 * @param session the client's session
	 * @param channel the channel's name; a pattern covers it
	 * @return the decision
	 */
	Authorization canPublish(@Nullable Principal principal, ClientSession session, String channel);

	/**
	 * Decide whether a client may see who is in a channel.
	 * @param principal who the client is, or {@code null} if it is anonymous
	 * @param session the client's session
	 * @param channel the channel's name; a pattern covers it
	 * @return the decision
	 */
	Authorization canSeePresence(@Nullable Principal principal, ClientSession session, String channel);

}
