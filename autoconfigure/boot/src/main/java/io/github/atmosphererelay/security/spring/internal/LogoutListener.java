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

package io.github.atmosphererelay.security.spring.internal;

import java.util.function.Supplier;

import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.UserDisconnector;

import org.springframework.context.ApplicationListener;
import org.springframework.security.authentication.event.LogoutSuccessEvent;

/**
 * Ends the sessions of a user who has logged out. Called on the thread of the log-out,
 * and does not block it.
 */
public final class LogoutListener implements ApplicationListener<LogoutSuccessEvent> {

	private final Supplier<UserDisconnector> disconnector;

	/**
	 * Create a listener.
	 * @param disconnector supplies what ends sessions; called when a user logs out
	 */
	public LogoutListener(Supplier<UserDisconnector> disconnector) {
		this.disconnector = disconnector;
	}

	@Override
	public void onApplicationEvent(LogoutSuccessEvent event) {
		this.disconnector.get().disconnectUser(event.getAuthentication().getName(), CloseReason.LOGGED_OUT);
	}

}
