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
 * Says which channels a client is subscribed to by its node as soon as it connects,
 * without asking for them: a channel of its own, say. For clients of the Centrifuge
 * protocol; those of the raw door connect for a channel. The {@link ChannelAuthorizer} is
 * not asked, so that such a channel may be one that nobody can subscribe to.
 */
@FunctionalInterface
public interface InitialChannels {

	/**
	 * Return the channels of a client. Called each time it connects, on the thread that
	 * has read its first command or has checked its token. It may block as long as that
	 * thread may: other requests of the same client wait meanwhile. An exception is
	 * logged, and the client is sent away to try again; for good with a
	 * {@link RequestRefusedException}, or if access is denied.
	 * @param session the client's session, in no channel yet
	 * @return the names of the channels; those that no pattern covers are left out, and
	 * logged
	 */
	Collection<String> channels(ClientSession session);

}
