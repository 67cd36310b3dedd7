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

package io.github.atmosphererelay.autoconfigure;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.http.internal.PublishApi;
import io.github.atmosphererelay.node.internal.MessagingNode;
import jakarta.servlet.http.HttpServletRequest;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication.Type;
import org.springframework.context.annotation.Bean;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * Auto-configuration of the HTTP API that publishes messages.
 */
@AutoConfiguration(after = AtmosphereAutoConfiguration.class)
@ConditionalOnWebApplication(type = Type.SERVLET)
@ConditionalOnClass({ PublishApi.class, DispatcherServlet.class, HttpServletRequest.class })
@ConditionalOnBean(MessagingNode.class)
@ConditionalOnBooleanProperty("atmosphere.api.enabled")
public final class AtmosphereApiAutoConfiguration {

	@Bean
	RouterFunction<ServerResponse> atmospherePublishApi(Broadcaster broadcaster, AtmosphereProperties properties) {
		return PublishApi.routes(properties.websocket().path(), broadcaster,
				(int) properties.relay().maxMessageSize().toBytes());
	}

}
