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

import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Who a client of a channel is, as others are told.
 *
 * @param user the name of its principal, or {@code null} if it is anonymous
 * @param client its session's id, or {@code null} if a user is meant with all sessions
 * @param attributes what the application says about it
 */
record ClientInfo(@Nullable String user, @Nullable String client, Map<String, String> attributes) {

}
