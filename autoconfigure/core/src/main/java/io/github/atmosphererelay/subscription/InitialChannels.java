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

package io.github.atmosphererelay.subscription;

import java.util.Collection;

import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.security.ChannelAuthorizer;
import io.github.atmosphererelay.session.ClientSession;

/**
 * Chooses channels to which the node subscribes a client as soon as it connects, without
 * a request of the client. An example is a channel of the user's own. This applies to
 * clients of the Centrifuge protocol only, because clients of the raw path name their
 * channel when they connect. The {@link ChannelAuthorizer} is not asked, so these may be
 * channels to which no client may subscribe by itself.
 */
@FunctionalInterface
public interface InitialChannels {

	/**
	 * Return the channels of a client. Called each time the client connects, on the
	 * thread that has read its first command or has checked its token. It may block;
	 * meanwhile other requests of the same client wait. After an exception the client is
	 * disconnected: with a {@link RequestRefusedException}, or an exception that denies
	 * access, it must not reconnect; any other exception is logged, and the client may
	 * try again.
	 * @param session the client's session, which is not subscribed to any channel yet
	 * @return the names of the channels; those that no pattern covers are logged and
	 * ignored
	 */
	Collection<String> channels(ClientSession session);

}
