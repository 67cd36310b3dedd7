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

package io.github.atmosphererelay.endpoint.internal;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.broadcast.internal.PayloadEncoder;
import org.jspecify.annotations.Nullable;

import org.springframework.messaging.converter.MessageConverter;
import org.springframework.validation.Validator;

/**
 * The parts of the application that endpoints need.
 *
 * @param broadcaster sends the messages that methods return
 * @param encoder encodes replies
 * @param json reads messages from JSON, or {@code null} if the application has no JSON
 * mapper
 * @param validator validates messages, or {@code null} if the application has no
 * validator
 */
public record EndpointSupport(Broadcaster broadcaster, PayloadEncoder encoder, @Nullable MessageConverter json,
		@Nullable Validator validator) {
}
