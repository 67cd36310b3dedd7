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

package io.github.atmosphererelay.broadcast;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.atmosphererelay.event.ChannelSubscribed;
import io.github.atmosphererelay.event.ChannelUnsubscribed;
import io.github.atmosphererelay.event.RelayDown;
import io.github.atmosphererelay.event.RelayUp;
import io.github.atmosphererelay.event.SessionConnected;
import io.github.atmosphererelay.event.SessionDisconnected;
import io.github.atmosphererelay.test.UsersByParameter;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.EventListener;

/**
 * An application that lets clients choose their user name, and keeps the events that it
 * is told.
 */
@Configuration(proxyBeanMethods = false)
@Import(UsersByParameter.class)
class ClusterApplication {

	@Bean
	Events events() {
		return new Events();
	}

	/**
	 * Keeps what the application is told.
	 */
	static class Events {

		private final List<Object> seen = new CopyOnWriteArrayList<>();

		@EventListener({ SessionConnected.class, SessionDisconnected.class, ChannelSubscribed.class,
				ChannelUnsubscribed.class, RelayUp.class, RelayDown.class })
		void on(Object event) {
			this.seen.add(event);
		}

		List<Object> seen() {
			return this.seen;
		}

	}

}
